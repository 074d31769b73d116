// SPDX-License-Identifier: GPL-3.0-or-later
// What the words mean, and the start.

function about() {
  const a = D.about, list = html('dl');
  const say = (term, text) => list.append(html('dt', null, term), html('dd', null, text));
  const has = name => name in runs;
  say('No control',
      'No battery moves, nothing is shifted and nothing is switched off. Everything is compared with this.');
  if (has('rule')) say('Simple rules', 'What is over is stored, and used as soon as it is lacking. No plan.');
  say('aems', 'The service as it is: it forecasts, plans ahead, and regulates between plans.');
  if (has('perfect'))
    say('Perfect forecast', 'The same, but it knows the future. Nobody can; it shows what is left to gain.');
  if (has('persistence')) say('Yesterday as forecast', 'The same, but it expects every day to be like the one before.');
  if (has('schedule'))
    say('Plan without regulation', 'The plan\u2019s powers are kept for a whole step, whatever really happens in it.');
  say('Highest import',
      'The highest mean of a step at one grid connection. The charts show the mean of a demand window, ' +
          'which the demand charge is paid for, where steps are shorter than that.');
  say('Self-sufficiency', 'Share of the electricity used that was not bought.');
  say('Total cost', 'Money paid less money earned; the wear of batteries is counted as a cost.');
  say('Hatched times', 'A building or PV plant was not measured then. What is not known is not drawn as zero.');
  say('Data',
      `${
          a.read ? `${a.read.data}: ${number(a.read.rows, 0)} rows, ${number(a.read.refused, 0)} refused, ` +
                  `${number(a.read.reordered, 0)} out of order, ${number(a.read.gaps, 0)} gaps. ` :
                   ''}Steps of ${number(a.step_s / 60, a.step_s % 60 ? 1 : 0)} min. ` +
          `Times are local (${area.timezone}).`);
  say('Made by', `aems ${a.version}, forecast ${a.forecast}, seed ${D.seed}.`);
  byId('about').append(list);
}

headline();
notices();
compare();
about();
state.asset = D.grids.length ? D.grids[0].asset : 0;
// The first day to be seen is the one on which control saved most.
if (baseline) {
  const mine = daily(asked.days.cost) || EMPTY, theirs = daily(baseline.days.cost) || EMPTY;
  for (let day = 1; day < n_days; day++)
    if (theirs[day] - mine[day] > theirs[state.day] - mine[state.day]) state.day = day;
}
for (const form of document.querySelectorAll('form')) form.addEventListener('submit', event => event.preventDefault());
showPeriod();
showDay();
