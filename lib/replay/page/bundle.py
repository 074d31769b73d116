#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes C of the page: `bundle.py OUT page.html page.css SCRIPT...` puts style and scripts into the page and writes its
three parts - before the title, before the data, after the data - as texts of report_page.h."""

import pathlib
import sys

out, page, style, *scripts = sys.argv[1:]


def read(name):
    return pathlib.Path(name).read_text(encoding="utf-8")


text = read(page).replace("@STYLE@", read(style)).replace("@SCRIPT@", "".join(map(read, scripts)))
head, rest = text.split("@TITLE@")
middle, tail = rest.split("@DATA@")

lines = ["// SPDX-License-Identifier: GPL-3.0-or-later", '#include "replay/report_page.h"', ""]
for name, part in ("head", head), ("middle", middle), ("tail", tail):
    values = [str(b) for b in part.encode()] + ["0"]
    lines.append(f"const unsigned char report_page_{name}[] = {{")
    lines += ["    " + ",".join(values[i:i + 32]) + "," for i in range(0, len(values), 32)]
    lines += ["};", ""]
pathlib.Path(out).write_text("\n".join(lines), encoding="utf-8")
