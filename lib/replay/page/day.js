// SPDX-License-Identifier: GPL-3.0-or-later
// One day: powers into and out of a bus, charge, prices, and one asset beside its plan and limits.

const SUPPLY =
    ['pv', 'battery', 'store', 'generator', 'charger', 'flexible', 'converter', 'tie', 'heat', 'load', 'grid'];
const USE = ['load', 'converter', 'flexible', 'charger', 'battery', 'store', 'tie', 'heat', 'generator', 'pv', 'grid'];
const carriers = D.buses.map(bus => bus.carrier);
const allElectric = bus => carriers[bus] === 'electricity';

// Points [from, to) of the chosen day, and their edges.
function dayPoints(day) {
  const from = Math.max(0, Math.ceil((D.days[day] - D.origin_ms) / POINT_MS));
  const to = Math.min(D.n_points, Math.ceil((D.days[day + 1] - D.origin_ms) / POINT_MS));
  const edges = [];
  for (let i = from; i <= to; i++) edges.push(D.origin_ms + i * POINT_MS);
  return {from, to, edges};
}
const cut = (packed, p) => {
  const all = points(packed);
  return all ? Array.from(all.subarray(p.from, p.to)) : null;
};

function hourTicks(edges) {
  const ticks = [], every = [1, 2, 3, 6].find(h => (edges[edges.length - 1] - edges[0]) / 3.6e6 / h <= 9) || 6;
  for (let at = Math.ceil(edges[0] / 9e5) * 9e5; at <= edges[edges.length - 1]; at += 9e5) {
    const t = local(at);
    if (t.getUTCMinutes() === 0 && t.getUTCHours() % every === 0) ticks.push({at, label: clock(at)});
  }
  return ticks;
}
const interval = (p, i) => `${clock(p.edges[i])} to ${clock(p.edges[i + 1])}`;

// kind -> {up, down}: sums of what flows into and out of the chosen bus, in kW.
function flows(run, p) {
  const n = p.to - p.from, found = {}, rest = new Array(n).fill(0);
  const here = state.bus === 'electric' ? allElectric : bus => bus === Number(state.bus);
  const add = (kind, values) => {
    const f = found[kind] = found[kind] || {up: new Array(n).fill(0), down: new Array(n).fill(0)};
    values.forEach((w, i) => {
      if (Number.isFinite(w)) f[w > 0 ? 'up' : 'down'][i] += w / 1e3;
    });
  };
  D.assets.forEach((asset, a) => {
    if (!here(asset.bus) || (asset.kind === 'tie' && state.bus === 'electric')) return;
    const values = cut(run.assets[a].power, p);
    if (!values) return;
    add(asset.kind, values);
    values.forEach((w, i) => {
      rest[i] -= Number.isFinite(w) ? w : 0;
    });
  });
  // What other buses give is not recorded at this one: it is what the others leave.
  const noise = Math.max(...Object.values(found).flatMap(f => f.up), 1) * 20;
  if (state.bus !== 'electric' && rest.some(w => Math.abs(w) > noise))
    add(carriers[Number(state.bus)] === 'electricity' ? 'tie' : 'heat', rest);
  return found;
}

function powerChart(run, p, common) {
  const found = flows(run, p), layers = [], n = p.to - p.from;
  for (const [side, order, sign] of [['up', SUPPLY, 1], ['down', USE, -1]]) {
    let base = new Array(n).fill(0);
    for (const kind of order) {
      const f = found[kind];
      if (!f || f[side].every(v => Math.abs(v) < 1e-6)) continue;
      const top = base.map((v, i) => v + f[side][i]);
      const twice = layers.some(l => l.kind === kind);
      layers.push({type: 'area', kind, colour: colour(kind), label: twice ? null : KINDS[kind], low: base, high: top});
      base = top;
    }
    if (sign < 0) {
      const missing = unserved(run, p);
      if (missing)
        layers.push({
          type: 'area',
          kind: 'unserved',
          label: KINDS.unserved,
          colour: colour('unserved'),
          hatch: true,
          low: base,
          high: base.map((v, i) => v - missing[i])
        });
    }
  }
  const read = i => [interval(p, i), ...Object.entries(found).flatMap(([kind, f]) => {
    const both = f.up[i] + f.down[i];
    return Math.abs(both) < 5e-4 ? [] : [[KINDS[kind].toLowerCase().replace('pv', 'PV'), power(1e3 * both)]];
  })];
  const title =
      state.bus === 'electric' ? 'Where electricity comes from and goes' : `Power at ${D.buses[state.bus].id}`;
  return chart({
    ...common,
    wide: true,
    height: 300,
    title,
    unit: 'kW, coming up, going down',
    layers,
    read,
    words: inAll(found, p)
  });
}

// Energies of the day, by kind.
function inAll(found, p) {
  const kwh = list => list.reduce((a, b) => a + b, 0) * D.point_s / 3600;
  return Object.entries(found)
      .flatMap(([kind, f]) => [[kind, 'gave', kwh(f.up)], [kind, 'took', kwh(f.down)]])
      .filter(([, , total]) => Math.abs(total) > 0.05)
      .map(([kind, did, total]) => `${KINDS[kind]} ${did} ${energy(Math.abs(total))}`)
      .join(' · ');
}

function unserved(run, p) {
  const total = new Array(p.to - p.from).fill(0);
  let any = false;
  D.assets.forEach((asset, a) => {
    const values = cut(run.assets[a].unserved, p);
    if (!values || !(state.bus === 'electric' ? allElectric(asset.bus) : asset.bus === Number(state.bus))) return;
    values.forEach((w, i) => {
      if (w > 0) {
        any = true;
        total[i] += w / 1e3;
      }
    });
  });
  return any ? total : null;
}

const DASHES = [null, '6 3', '2 3', '9 3 2 3'];
const LINE_COLOURS = ['battery', 'load', 'generator', 'charger', 'pv', 'converter', 'flexible'];

function chargeDay(run, p, common) {
  const shown = storages.filter(a => (cut(run.assets[a].soc, p) || []).some(Number.isFinite)).slice(0, 12);
  if (!shown.length) return null;
  const layers = shown.map((a, k) => ({
                             type: 'line',
                             label: D.assets[a].id,
                             width: 2,
                             colour: colour(LINE_COLOURS[k % LINE_COLOURS.length]),
                             dash: DASHES[Math.floor(k / LINE_COLOURS.length) % 4],
                             values: cut(run.assets[a].soc, p).map(v => 100 * v)
                           }));
  return chart({
    ...common,
    title: 'Charge of batteries, stores and vehicles',
    unit: '% of capacity',
    low: 0,
    high: 100,
    layers,
    read: i =>
        [interval(p, i),
         ...layers.filter(l => Number.isFinite(l.values[i])).map(l => [l.label, `${number(l.values[i], 0)} %`])]
  });
}

// Grids with the same price share a line.
function priceLayers(name, key, paint, p) {
  const layers = [];
  D.grids.forEach(grid => {
    const values = cut(grid[key], p), id = D.assets[grid.asset].id;
    const same = values && layers.find(l => l.values.every((v, i) => Object.is(v, values[i])));
    if (same)
      same.grids.push(id);
    else if (values)
      layers.push({type: 'line', colour: colour(paint), dash: DASHES[layers.length % 4], values, grids: [id]});
  });
  for (const l of layers) l.label = layers.length > 1 ? `${name} at ${l.grids.join(', ')}` : name;
  return layers;
}

function priceDay(p, common) {
  const layers =
      [...priceLayers('buying', 'import_price', 'load', p), ...priceLayers('selling', 'export_price', 'pv', p)];
  if (!layers.length) return null;
  const read = i => [interval(p, i), ...layers.map(l => [l.label, price(l.values[i])])];
  return chart({...common, title: 'Prices', unit: `${area.currency} per kWh`, layers, read});
}

function assetDay(run, p, common) {
  const asset = D.assets[state.asset], s = run.assets[state.asset], kw = v => v && v.map(w => w / 1e3);
  const done = kw(cut(s.power, p)), planned = kw(cut(s.planned, p)), layers = [];
  const grid = D.grids.find(g => g.asset === state.asset);
  if (done) layers.push({type: 'area', label: 'what happened', colour: colour(asset.kind), values: done});
  if (planned)
    layers.push({type: 'line', label: 'plan', colour: 'var(--ink)', width: 1.6, dash: '5 3', values: planned});
  const none = baseline && baseline !== run && kw(cut(baseline.assets[state.asset].power, p));
  if (none && asset.kind === 'grid')
    layers.push({type: 'line', label: 'no control', colour: colour('none'), width: 1.6, values: none});
  if (grid) {
    const most = Math.max(...layers.flatMap(l => l.values.map(Math.abs)).filter(Number.isFinite), 1);
    const limits = [
      ['import limit', kw(cut(grid.import_limit, p))],
      ['export limit', (kw(cut(grid.export_limit, p)) || []).map(v => -v)]
    ];
    for (const [label, values] of limits)
      if (values && values.some(v => Number.isFinite(v) && Math.abs(v) < 2.5 * most))
        layers.push({type: 'line', label, colour: colour('limit'), dash: '2 3', width: 1.8, values});
  }
  const sign = {
    grid: 'import up, export down',
    battery: 'discharge up, charge down',
    load: 'use is negative'
  }[asset.kind] ||
      'into the bus up';
  return chart({
    ...common,
    wide: true,
    height: 230,
    title: `${asset.id}: plan and what happened`,
    unit: `kW, ${sign}`,
    layers,
    read: i => [interval(p, i), ...layers.map(l => [l.label, power(1e3 * l.values[i])])]
  });
}

function facts(run, day) {
  const other = baseline && baseline !== run ? baseline : null, list = html('dl', {class: 'facts'});
  const row = (name, key, format) => {
    const mine = (daily(run.days[key]) || EMPTY)[day], theirs = other && (daily(other.days[key]) || EMPTY)[day];
    if (!known(mine)) return;
    list.append(html(
        'div', null, html('dt', null, name),
        html('dd', null, format(mine), other ? html('small', null, `no control: ${format(theirs)}`) : null)));
  };
  row('Cost', 'cost', money);
  row('Bought', 'import_kwh', energy);
  row('Sold', 'export_kwh', energy);
  row('Used by buildings', 'load_kwh', energy);
  row('From PV', 'pv_kwh', energy);
  row('CO₂ of import', 'co2_kg', mass);
  const hoursOf = key => (daily(run.days[key]) || EMPTY)[day];
  if (hoursOf('over_h') > 0) row('Beyond a limit', 'over_h', hours);
  if (hoursOf('unserved_kwh') > 0) row('Not supplied', 'unserved_kwh', energy);
  if (hoursOf('unknown_h') > 0) row('Not all measured', 'unknown_h', hours);
  return list;
}

function valuesTable(run, p) {
  const columns = D.assets.map((asset, a) => [`${asset.id}, kW`, kwText(cut(run.assets[a].power, p))])
                      .concat(storages.map(
                          a => [`${D.assets[a].id}, %`, (cut(run.assets[a].soc, p) || [
                                                        ]).map(v => Number.isFinite(v) ? number(100 * v, 0) : '–')]));
  const body = html('tbody');
  for (let i = 0; i < p.to - p.from; i++)
    body.append(html(
        'tr', null, html('th', {scope: 'row'}, clock(p.edges[i])),
        columns.map(([, v]) => html('td', null, v[i] ?? '–'))));
  byId('day-values')
      .querySelector('table')
      .replaceChildren(
          html(
              'thead', null,
              html(
                  'tr', null, html('th', {scope: 'col'}, 'From'),
                  columns.map(([name]) => html('th', {scope: 'col'}, name)))),
          body);
}
const kwText = values => (values || []).map(w => Number.isFinite(w) ? number(w / 1e3, 1) : '–');

function chooseDay(day) {
  state.day = Math.max(0, Math.min(n_days - 1, day));
  showPeriod();
  showDay();
}

function dayControls() {
  const go = (step, text, label) => html(
      'button', {
        type: 'button',
        'aria-label': label,
        disabled: step < 0 ? state.day === 0 : state.day === n_days - 1,
        onclick: () => chooseDay(state.day + step)
      },
      text);
  const pick = text => {
    const day = D.days.findIndex((ms, i) => i < n_days && isoDay(ms) === text);
    if (day >= 0) chooseDay(day);
  };
  const buses = [['electric', 'all electricity'], ...D.buses.map((bus, i) => [i, `${bus.id} (${bus.carrier})`])];
  return [
    html(
        'fieldset', null, html('span', null, 'Day'),
        html(
            'div', null, go(-1, '◀', 'day before'), html('input', {
              type: 'date',
              'aria-label': 'day',
              value: isoDay(D.days[state.day]),
              min: isoDay(D.days[0]),
              max: isoDay(D.days[n_days - 1]),
              onchange: e => pick(e.target.value)
            }),
            go(1, '▶', 'day after'))),
    n_days > 1 && html('label', {class: 'slider'}, 'Slide through the days', html('input', {
                         type: 'range',
                         min: 0,
                         max: n_days - 1,
                         value: state.day,
                         oninput: e => {
                           state.day = Number(e.target.value);
                           showDay(true);
                         },
                         onchange: e => chooseDay(Number(e.target.value))
                       })),
    controllerSelect(),
    D.buses.length > 1 &&
        select(
            'Bus', buses, state.bus,
            v => {
              state.bus = v;
              showDay();
            }),
    select(
        'Asset', D.assets.map((asset, i) => [i, `${asset.id} (${asset.kind})`]), state.asset,
        v => {
          state.asset = Number(v);
          showDay();
        }),
  ].filter(Boolean);
}

function showDay(sliding) {
  if (!sliding)
    byId('day-controls').replaceChildren(...dayControls());
  else
    byId('day-controls').querySelector('input[type=date]').value = isoDay(D.days[state.day]);
  const p = dayPoints(state.day), run = state.run;
  if (!HAS_DAYS || p.to <= p.from) {
    byId('day-note').textContent =
        'The time is too long for the page to hold single days; replay fewer days to see them.';
    return place(byId('day'));
  }
  const length = (D.days[state.day + 1] - D.days[state.day]) / 3.6e6;
  byId('day-note').textContent = `${longDay(D.days[state.day])}, ${CONTROLLERS[run.name]}` +
      `${length === 24 ? '' : `. The clocks change: this day has ${length} hours`}.` +
      (D.point_s > D.about.step_s ?
           ` Each value is the mean of ${D.point_s < 3600 ? `${D.point_s / 60} minutes` : hours(D.point_s / 3600)}.` :
                                                            '');
  const unknown = cut(run.unknown, p),
        common = {edges: p.edges, ticks: hourTicks(p.edges), unknown, unknownName: 'not everything was measured'};
  place(byId('day'), facts(run, state.day), html('div', {class: 'charts'}, [
          powerChart(run, p, common), assetDay(run, p, common), chargeDay(run, p, common), priceDay(p, common)
        ]));
  if (byId('day-values').open) valuesTable(run, p);
}
byId('day-values').addEventListener('toggle', () => {
  if (byId('day-values').open && HAS_DAYS) valuesTable(state.run, dayPoints(state.day));
});
