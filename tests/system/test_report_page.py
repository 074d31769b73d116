#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.html as people get it: a whole page, and what a real browser makes of it."""

import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["AEMS_SOURCE"])
BUILD = pathlib.Path(os.environ["AEMS_BUILD"])
MADE_UP = BUILD / "tests/unit/made_up_report"
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EVIL = "Block <b>7</b> & </script><script>window.hacked = 1</script><!-- \"Süd\""
VOID = {"meta", "link", "br", "hr", "img", "input", "col"}

# Runs inside the page: moves everything that can be moved and tells what it sees.
LOOK = """<script>
addEventListener('load', () => setTimeout(() => {
  const all = q => [...document.querySelectorAll(q)], one = q => document.querySelector(q);
  const note = () => one('#day-note').textContent;
  const choose = (label, value) => {
    const select = all('#day-controls select').find(s => s.parentNode.textContent.startsWith(label));
    select.value = value;
    select.dispatchEvent(new Event('change'));
  };
  const seen = {hacked: window.hacked, title: document.title, headline: one('h1').textContent, first_day: note(),
    kicker: one('#kicker').textContent, notices: all('#notices li').map(e => e.textContent),
    columns: all('#compare thead th').map(e => e.textContent), figures: all('figure h3').map(e => e.textContent),
    labels: all('figure > svg').every(e => e.getAttribute('aria-label')),
    empty: all('figure > svg').filter(e => !e.querySelector('path[d^=M]')).length};
  one('#day-controls button[aria-label="day before"]').click();
  seen.day_before = note();
  all('#period figure svg')[0].focus();
  choose('Controller', 'none');
  seen.none = note();
  choose('Asset', '2');
  choose('Bus', '1');
  seen.figures_of_heat = all('#day figure h3').map(e => e.textContent);
  const picture = one('#day figure svg');
  picture.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
  seen.read = one('#day .readout').textContent;
  const date = one('#day-controls input[type=date]');
  date.value = '2026-03-27';
  date.dispatchEvent(new Event('change'));
  seen.chosen = note();
  seen.hatched = all('#day figure').every(e => e.textContent.includes('not everything was measured'));
  one('#day-values').open = true;
  setTimeout(() => {
    seen.rows = all('#day-values tbody tr').length;
    seen.strange = (document.body.innerText.match(/NaN|undefined|Infinity|\\[object/g) || []).length;
    seen.overflow = document.documentElement.scrollWidth - innerWidth;
    const out = document.createElement('pre');
    out.id = 'seen';
    out.textContent = JSON.stringify(seen);
    document.body.append(out);
    parent.postMessage(out.textContent, '*');
  }, 100);
}, 100));
</script></body>"""

FRAME = """<!DOCTYPE html><title>phone</title><body><iframe src="look.html" width="360" height="640"></iframe><script>
addEventListener('message', e => {
  const out = document.createElement('pre');
  out.id = 'seen';
  out.textContent = e.data;
  document.body.append(out);
});</script></body>"""


class Page(html.parser.HTMLParser):
    """Notes what is wrong with the nesting of a page, its ids and what it would load."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.wrong, self.title = [], set(), [], ""
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if name == "id" and value in self.ids:
                self.wrong.append(f"id {value} twice")
            if name == "id":
                self.ids.add(value)
            if name in ("src", "href", "action", "srcset"):
                self.wrong.append(f"<{tag}> loads {value}")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        if self.open and self.open[-1] == "title":
            self.title += data


class ReportPage(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aems-test."))
        self.addCleanup(shutil.rmtree, self.folder, True)

    def make(self, days, minutes, name, *controllers):
        subprocess.run([MADE_UP, self.folder, str(days), str(minutes), name, *controllers], check=True, timeout=120)
        return (self.folder / "report.html").read_text(encoding="utf-8")

    def browse(self, name, width=1200):
        done = subprocess.run(
            [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
             f"--user-data-dir={self.folder}/profile", f"--window-size={width},900", "--virtual-time-budget=10000",
             "--dump-dom", (self.folder / name).as_uri()], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        told = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual(told, [])
        return done.stdout

    def look(self, page, frame=False):
        (self.folder / "look.html").write_text(page.replace("</body>", LOOK), encoding="utf-8")
        (self.folder / "frame.html").write_text(FRAME, encoding="utf-8")
        seen = re.search(r'<pre id="seen">(.*?)</pre>', self.browse("frame.html" if frame else "look.html"), re.S)
        self.assertIsNotNone(seen, "the page's script did not come to its end")
        return json.loads(seen[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))

    def test_the_page_is_well_formed_and_loads_nothing(self):
        text = self.make(7, 60, EVIL, "none", "daemon")
        page = Page(text)
        self.assertEqual(page.wrong, [])
        self.assertEqual(page.title, EVIL + ": replay")
        self.assertEqual(text.count("<script"), 2)
        self.assertNotIn("https://", text)
        self.assertEqual(set(re.findall(r"http://[^'\"]*", text)), {"http://www.w3.org/2000/svg"})
        data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
        self.assertEqual(data["about"]["area"]["name"], EVIL)

    @unittest.skipUnless(BROWSER, "no chromium here")
    def test_a_browser_shows_the_headline_the_comparison_and_every_chart(self):
        seen = self.look(self.make(7, 15, EVIL, "none", "rule", "daemon"))
        self.assertNotIn("hacked", seen)
        self.assertIn(EVIL, seen["kicker"])
        self.assertRegex(seen["headline"], r"^aems would have saved [\d\u202f.]+ EUR \([\d.]+ %\)$")
        self.assertEqual(seen["columns"], ["Figure", "No control", "Simple rules", "aems"])
        self.assertEqual(len(seen["figures"]), 8)
        self.assertTrue(seen["labels"])
        self.assertEqual(seen["empty"], 0)
        self.assertIn("For 3 h not everything was measured; these times are hatched.", seen["notices"])
        self.assertEqual(seen["strange"], 0)

    @unittest.skipUnless(BROWSER, "no chromium here")
    def test_days_controllers_buses_and_assets_can_be_chosen(self):
        seen = self.look(self.make(7, 15, "Block", "none", "daemon"))
        self.assertEqual(seen["first_day"], "Monday, 30 March 2026, aems.")
        self.assertEqual(seen["day_before"], "Sunday, 29 March 2026, aems. The clocks change: this day has 23 hours.")
        self.assertEqual(seen["none"], "Sunday, 29 March 2026, No control. The clocks change: this day has 23 hours.")
        self.assertEqual(seen["figures_of_heat"][:2], ["Power at heat", "cellar: plan and what happened"])
        self.assertRegex(seen["read"], r"^00:00 to 00:15 · .*heat.* [\d.]+ kW")
        self.assertEqual(seen["chosen"], "Friday, 27 March 2026, No control.")
        self.assertTrue(seen["hatched"])
        self.assertEqual(seen["rows"], 96)

    @unittest.skipUnless(BROWSER, "no chromium here")
    def test_a_phone_shows_all_of_it_without_scrolling_sideways(self):
        seen = self.look(self.make(7, 60, "Block", "none", "rule", "persistence", "perfect", "daemon"), frame=True)
        self.assertLessEqual(seen["overflow"], 0)
        self.assertEqual(seen["empty"], 0)

    @unittest.skipUnless(BROWSER, "no chromium here")
    def test_what_aemsctl_replays_is_such_a_page(self):
        areas = SOURCE / "config/areas"
        subprocess.run([BUILD / "daemon/ctl/aemsctl", "replay", "-c", areas / "small.yaml", "--data", areas / "small-days.csv",
                        "--out", self.folder, "--controllers", "none,rule"], check=True, timeout=120, capture_output=True)
        shown = self.browse("report.html")
        self.assertIn("One house", shown)
        self.assertIn("Simple rules would have saved", shown)

    @unittest.skipUnless(BROWSER, "no chromium here")
    def test_a_year_of_minutes_opens(self):
        text = self.make(365, 1, "Block", "none", "daemon")
        self.assertLess(len(text), 15e6)
        (self.folder / "report.html").write_text(text, encoding="utf-8")
        shown = self.browse("report.html")
        self.assertIn("Each value is the mean of", shown)
        self.assertIn("Cost per month", shown)


if __name__ == "__main__":
    unittest.main()
