// SPDX-License-Identifier: GPL-3.0-or-later
// The headline and the controllers side by side.

const sum = (...values) => values.reduce((a, b) => a + (b || 0), 0);
const shed = f => Object.values(f.shed_kwh).reduce((a, b) => a + (b || 0), 0);
const span = () => {
  const last = D.about.to_ms - 1;
  return isoDay(D.about.from_ms) === isoDay(last) ? `On ${dayName(last)}` :
                                                    `From ${dayName(D.about.from_ms)} to ${dayName(last)}`;
};

// `better`: 1 for better than without control, -1 for worse, 0 for neither.
function card(name, value, more, better) {
  const judged = {1: 'value better', '-1': 'value worse'}[better] || 'value';
  return html(
      'div', {class: 'card'}, html('p', {class: 'name'}, name), html('p', {class: judged}, value),
      html('p', {class: 'more'}, more));
}

const judge = (gain, dead) => Math.abs(gain) < dead ? 0 : Math.sign(gain);
function lessThan(format, value, before) {
  if (format(value) === format(before)) return 'as without control';
  return `${format(Math.abs(before - value))} ${value < before ? 'less' : 'more'} than ${format(before)}`;
}

function headline() {
  const f = asked.figures, name = CONTROLLERS[asked.name], where = area.name || area.id;
  byId('kicker').textContent = `${where} · replay of ${D.about.read ? D.about.read.data : 'recorded data'}`;
  if (!baseline) {
    byId('headline').textContent = `${name}: ${money(f.total_cost)}`;
    byId('lead').textContent = `${span()}. There is nothing to compare with: no run without control was asked for.`;
    byId('cards').append(
        card('Highest import', `${rounded(f.peak_import_kw)} kW`, ''),
        card('Self-sufficiency', share(f.self_sufficiency), 'of the electricity used was not bought'));
    return;
  }
  const b = baseline.figures, saved = b.total_cost - f.total_cost, part = saved / Math.abs(b.total_cost);
  const percent = known(part) && Math.abs(b.total_cost) > 0.005 ? ` (${number(100 * Math.abs(part), 1)} %)` : '';
  const told = saved > 0 ? `saved ${money(saved)}${percent}` : `cost ${money(-saved)}${percent} more`;
  byId('headline').textContent = `${name} would have ${Math.abs(saved) < 0.005 ? 'cost the same as no control' : told}`;
  byId('lead').textContent = `${span()}, energy would have cost ${money(f.total_cost)} in all instead of ` +
      `${money(b.total_cost)} without control, where no battery moves and nothing is shifted.`;
  const kw = value => power(1e3 * value);
  const paid = f.demand_charge > 0 || b.demand_charge > 0;  // else a higher peak harms nobody
  byId('cards').append(
      card(
          'Saved', money(saved), percent && `${percent.slice(2, -1)} of the cost without control`, judge(saved, 0.005)),
      card(
          'Highest import', kw(f.peak_import_kw), lessThan(kw, f.peak_import_kw, b.peak_import_kw),
          paid ? judge(b.peak_import_kw - f.peak_import_kw, 0.05) : 0),
      card('CO₂', mass(f.co2_kg), lessThan(mass, f.co2_kg, b.co2_kg), judge(b.co2_kg - f.co2_kg, 0.5)),
      card(
          'Self-sufficiency', share(f.self_sufficiency), `instead of ${share(b.self_sufficiency)}`,
          judge(f.self_sufficiency - b.self_sufficiency, 5e-4)));
}

function notices() {
  const f = asked.figures, r = D.about.read, told = [];
  const many = (n, one, more) => `${number(n, 0)} ${n === 1 ? one : more}`;
  if (f.unknown_hours > 0)
    told.push(`For ${hours(f.unknown_hours)} not everything was measured; these times are hatched.`);
  if (r && r.refused > 0)
    told.push(`Of ${many(r.rows, 'row', 'rows')} that were read, ${many(r.refused, 'was', 'were')} refused.`);
  if (r && r.refused_cells > 0)
    told.push(`${many(r.refused_cells, 'single value was', 'single values were')} refused.`);
  if (r && r.gaps > 0) told.push(`The data have ${many(r.gaps, 'gap', 'gaps')}.`);
  if (f.unserved_kwh > 0.05) told.push(`${energy(f.unserved_kwh)} of electricity could not be supplied.`);
  if (f.unserved_heat_kwh > 0.05) told.push(`${energy(f.unserved_heat_kwh)} of heat or cold could not be supplied.`);
  if (f.missed_kwh > 0.05) told.push(`Vehicles and flexible loads got ${energy(f.missed_kwh)} less than they wanted.`);
  if (f.hours_over_limit > 0) told.push(`For ${hours(f.hours_over_limit)} a grid limit was exceeded.`);
  if (f.failed_plans > 0) told.push(`${many(f.failed_plans, 'plan', 'plans')} of ${f.plans} failed; rules took over.`);
  byId('notices').append(...told.map(text => html('li', null, text)));
}

// [label, value of a run's figures, format, class]
const ROWS = [
  ['Total cost', f => f.total_cost, money, 'main'],
  ['energy bought, less energy sold', f => f.energy_cost, money, 'sub'],
  ['demand charge', f => f.demand_charge, money, 'sub'],
  ['battery wear', f => f.wear_cost, money, 'sub'],
  ['fuel and starts', f => sum(f.fuel_cost, f.start_cost), money, 'sub'],
  ['CO₂ price', f => f.co2_cost, money, 'sub'],
  ['loads switched off', f => f.shed_cost, money, 'sub'],
  ['transfers between buses', f => f.transfer_cost, money, 'sub'],
  [
    'Saved against no control',
    f => baseline && f !== baseline.figures ? baseline.figures.total_cost - f.total_cost : NaN, money, 'main'
  ],
  ['Highest import', f => 1e3 * f.peak_import_kw, power],
  ['CO₂', f => f.co2_kg, mass],
  ['Energy bought', f => f.import_kwh, energy],
  ['Energy sold', f => f.export_kwh, energy],
  ['Electricity used', f => f.load_kwh, energy],
  ['PV used', f => f.pv_used_kwh, energy],
  ['of what the sun gave', f => f.pv_kwh > 0 ? f.pv_used_kwh / f.pv_kwh : NaN, share, 'sub'],
  ['Self-sufficiency', f => f.self_sufficiency, share],
  ['Out of batteries', f => f.battery_out_kwh, energy],
  ['Left in batteries, end less start', f => f.stored_change_kwh, energy],
  ['Switched off on purpose', shed, energy],
  ['Not supplied', f => f.unserved_kwh, energy],
  ['Heat or cold not supplied', f => f.unserved_heat_kwh, energy],
  ['Vehicles and flexible loads short of', f => f.missed_kwh, energy],
  ['Beyond a grid limit', f => f.hours_over_limit, hours],
  ['Demand response asked for', f => f.dr.requested_kwh, energy],
  ['Demand response delivered', f => f.dr.delivered_kwh, energy],
  ['Plans made', f => f.plans, v => number(v, 0)],
  ['Solve time, half below', f => f.solve_ms.p50, v => known(v) ? `${rounded(v)} ms` : ''],
  ['Solve time, longest', f => f.solve_ms.max, v => known(v) ? `${rounded(v)} ms` : ''],
];
const ALWAYS = [
  'Total cost', 'Highest import', 'CO₂', 'Energy bought', 'Energy sold', 'Self-sufficiency', 'Not supplied',
  'Beyond a grid limit'
];

function compare() {
  const table = byId('compare'), least = Math.min(...D.runs.map(run => run.figures.total_cost));
  const body = html('tbody');
  for (const [label, value, format, kind] of ROWS) {
    const values = D.runs.map(run => value(run.figures));
    if (!ALWAYS.includes(label) && values.every(v => !known(v) || Math.abs(v) < 5e-4)) continue;
    const most = Math.max(...values.filter(known).map(Math.abs), 0);
    body.append(html('tr', {class: kind}, html('th', {scope: 'row'}, label), values.map((v, i) => {
      const best = label === 'Total cost' && D.runs.length > 1 && D.runs[i].figures.total_cost === least;
      return html(
          'td', {class: best ? 'best' : null, title: best ? 'lowest total cost' : null},
          known(v) ? format(v, most) : '–');
    })));
  }
  table.setAttribute('aria-label', 'Figures of each controller over the whole time');
  table.append(
      html(
          'thead', null,
          html(
              'tr', null, html('th', {scope: 'col'}, 'Figure'),
              D.runs.map(run => html('th', {scope: 'col'}, CONTROLLERS[run.name])))),
      body);
}
