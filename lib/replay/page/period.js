// SPDX-License-Identifier: GPL-3.0-or-later
// The whole time, a value for each day or month.

const state = {
  run: asked,
  months: D.days.length - 1 > 93,
  day: 0,
  grid: 0,
  storage: -1,
  bus: 'electric',
  asset: -1
};
const n_days = D.days.length - 1;
const storages = D.assets.map((_, i) => i).filter(i => asked.assets[i].soc);
state.storage = storages[0] ?? -1;

// Groups of days: [first, end) each.
function groups() {
  const found = [];
  for (let day = 0; day < n_days; day++) {
    const key = state.months ? isoDay(D.days[day]).slice(0, 7) : day;
    if (found.length && found[found.length - 1].key === key)
      found[found.length - 1].to = day + 1;
    else
      found.push({key, from: day, to: day + 1});
  }
  return found;
}

const EMPTY = new Float64Array(n_days).fill(NaN);
function gather(parts, values, combine) {
  return parts.map(({from, to}) => {
    let result = NaN;
    for (let day = from; day < to; day++)
      if (Number.isFinite(values[day])) result = Number.isFinite(result) ? combine(result, values[day]) : values[day];
    return result;
  });
}
const plus = (a, b) => a + b;

function dayTicks(parts) {
  if (state.months)
    return parts.map(
        ({from}, i) => ({
          at: i,
          until: i + 1,
          label: local(D.days[from]).getUTCMonth() === 0 ? `${local(D.days[from]).getUTCFullYear()}` :
                                                           MONTHS[local(D.days[from]).getUTCMonth()].slice(0, 3)
        }));
  const label = day => `${local(D.days[day]).getUTCDate()} ${MONTHS[local(D.days[day]).getUTCMonth()].slice(0, 3)}`;
  if (n_days <= 93) return parts.map((_, i) => ({at: i, until: i + 1, label: label(i)}));
  return parts.map((_, i) => i).filter(i => local(D.days[i]).getUTCDate() === 1).map(i => ({at: i, label: label(i)}));
}

function nameOf(part) { return state.months ? monthName(D.days[part.from]) : longDay(D.days[part.from]); }

function periodCharts() {
  const parts = groups(), edges = parts.map((_, i) => i).concat(parts.length), ticks = dayTicks(parts);
  const per = state.months ? 'month' : 'day', run = state.run, other = baseline && baseline !== run ? baseline : null;
  const get = (r, key, combine = plus) => gather(parts, daily(r.days[key]) || EMPTY, combine);
  const shown = CONTROLLERS[run.name];
  const picked = parts.findIndex(p => p.from <= state.day && state.day < p.to);
  const common = {
    edges,
    ticks,
    picked,
    pick: i => chooseDay(parts[i].from),
    unknown: get(run, 'unknown_h').map(h => !state.months && h >= 1 ? 1 : 0),
    unknownName: 'an hour or more not measured'
  };
  // The controller that is shown, as bars, beside no control, as a line.
  const compared = (title, unit, valuesOf, format, extra = []) => {
    const mine = valuesOf(run), theirs = other && valuesOf(other);
    const none = other && {type: 'line', label: 'no control', colour: colour('none'), width: 1.8, values: theirs};
    const layers =
        [{type: 'bars', label: shown, colour: colour('shown'), values: mine}, none, ...extra].filter(Boolean);
    const read = i => [nameOf(parts[i]), ...layers.map(l => [l.label, format(l.values[i])])];
    return chart({...common, title, unit, layers, read});
  };
  const list = [compared(`Cost per ${per}, without the demand charge`, area.currency, r => get(r, 'cost'), money)];
  const bought = get(run, 'import_kwh'), sold = get(run, 'export_kwh').map(v => -v);
  const boughtNone = other && get(other, 'import_kwh'), soldNone = other && get(other, 'export_kwh').map(v => -v);
  list.push(chart({
    ...common,
    title: `Energy bought and sold per ${per}`,
    unit: 'kWh, bought up, sold down',
    layers: [
      {type: 'bars', label: 'bought', colour: colour('grid'), values: bought},
      {type: 'bars', label: 'sold', colour: colour('pv'), values: sold},
      other && {type: 'line', label: 'no control', colour: colour('none'), width: 1.8, values: boughtNone},
      other && soldNone.some(v => v < 0) && {type: 'line', colour: colour('none'), width: 1.8, values: soldNone}
    ].filter(Boolean),
    read: i => [nameOf(parts[i]), ['bought', energy(bought[i])], ['sold', energy(-sold[i])],
                other && ['no control', `${energy(boughtNone[i])} and ${energy(-soldNone[i])}`]]
                   .filter(Boolean)
  }));
  if (D.grids.length) list.push(peakChart(parts, compared, per));
  if (state.storage >= 0) list.push(chargeChart(parts, common, run));
  return list;
}

function peakChart(parts, compared, per) {
  const grid = D.grids[state.grid], limit = grid.contract_w || grid.import_limit_w;
  const peaks = r => gather(parts, daily(r.peaks[state.grid]) || EMPTY, Math.max).map(w => w / 1e3);
  const label = grid.contract_w ? 'contracted' : 'import limit';
  const highest = Math.max(...peaks(state.run).concat(baseline ? peaks(baseline) : []).filter(Number.isFinite), 0);
  const line = {type: 'line', label, colour: colour('limit'), dash: '5 3', width: 1.5};
  const near = limit && limit / 1e3 < 3 * highest;  // else it would press everything else down
  const lines = near ? [{...line, values: parts.map(() => limit / 1e3)}] : [];
  const where = D.grids.length > 1 ? ` at ${D.assets[grid.asset].id}` : '';
  const average = `average of ${Math.max(grid.window_s, D.about.step_s) / 60} min`;
  return compared(`Highest import per ${per}${where}`, `kW, ${average}`, peaks, v => power(1e3 * v), lines);
}

function chargeChart(parts, common, run) {
  const get = (r, which, combine) =>
      gather(parts, daily(r.charge[which][state.storage]) || EMPTY, combine).map(v => 100 * v);
  const low = get(run, 'low', Math.min), high = get(run, 'high', Math.max);
  return chart({
    ...common,
    title: `Charge of ${D.assets[state.storage].id}, lowest to highest`,
    unit: '% of its capacity',
    low: 0,
    high: 100,
    layers: [{type: 'band', label: CONTROLLERS[run.name], colour: colour('battery'), low, high}],
    read: i => [nameOf(parts[i]), ['lowest', `${number(low[i], 0)} %`], ['highest', `${number(high[i], 0)} %`]]
  });
}

function select(label, options, value, change) {
  return html(
      'label', null, label,
      html(
          'select', {onchange: e => change(e.target.value)},
          options.map(([v, text]) => html('option', {value: v, selected: String(v) === String(value)}, text))));
}

function controllerSelect() {
  if (D.runs.length < 2) return null;
  return select('Controller', D.runs.map(run => [run.name, CONTROLLERS[run.name]]), state.run.name, name => {
    state.run = runs[name];
    showPeriod();
    showDay();
  });
}

function showPeriod() {
  const button = (months, text) => html(
      'button', {
        type: 'button',
        'aria-pressed': String(state.months === months),
        onclick: () => {
          state.months = months;
          showPeriod();
        }
      },
      text);
  byId('period-controls')
      .replaceChildren(
          ...
              [controllerSelect(),
               n_days > 31 &&
                   html(
                       'fieldset', null, html('span', null, 'A value for each'),
                       html('div', null, button(false, 'day'), button(true, 'month'))),
               D.grids.length > 1 &&
                   select(
                       'Grid connection', D.grids.map((g, i) => [i, D.assets[g.asset].id]), state.grid,
                       v => {
                         state.grid = Number(v);
                         showPeriod();
                       }),
               storages.length > 1 && select('Store', storages.map(i => [i, D.assets[i].id]), state.storage, v => {
                 state.storage = Number(v);
                 showPeriod();
               })].filter(Boolean));
  place(byId('period'), html('div', {class: 'charts'}, periodCharts()));
}
