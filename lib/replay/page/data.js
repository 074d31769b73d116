// SPDX-License-Identifier: GPL-3.0-or-later
// The data of the page: numbers come as whole multiples of a power of ten, times as UTC milliseconds.

const D = JSON.parse(document.getElementById('data').textContent);
const area = D.about.area;
const POINT_MS = D.point_s * 1000;
const HAS_DAYS = D.point_s < 86400;
const runs = Object.fromEntries(D.runs.map(run => [run.name, run]));
const asked = runs[D.about.controller];
const baseline = runs.none && runs.none !== asked ? runs.none : null;

const CONTROLLERS = {
  none: 'No control',
  rule: 'Simple rules',
  daemon: 'aems',
  persistence: 'aems, yesterday as forecast',
  perfect: 'aems, perfect forecast',
  schedule: 'aems, plan without regulation',
};
const KINDS = {
  grid: 'Grid',
  pv: 'PV',
  battery: 'Battery',
  store: 'Heat or cold store',
  charger: 'Chargers',
  flexible: 'Flexible loads',
  load: 'Buildings',
  generator: 'Generators',
  converter: 'Heat pumps and chillers',
  tie: 'Lines to other buses',
  heat: 'Heat pumps, chillers, CHP',
  unserved: 'Not supplied',
};
const colour = kind => `var(--${kind in KINDS || ['shown', 'none', 'limit', 'soft'].includes(kind) ? kind : 'grid'})`;

// A series as numbers, NaN where nothing is known; null when it is not there at all.
const opened = new Map();
function series(packed, n) {
  if (!packed) return null;
  if (!opened.has(packed)) {
    const unit = 10 ** packed.e, out = new Float64Array(n);
    if ('c' in packed)
      out.fill(packed.c * unit);
    else
      packed.v.forEach((v, i) => {
        out[i] = v === null ? NaN : v * unit;
      });
    opened.set(packed, out);
  }
  return opened.get(packed);
}
const points = packed => series(packed, D.n_points);
const daily = packed => series(packed, D.days.length - 1);

// ---- time in the area's zone, whatever the reader's
// ------------------------------------------------------------------

const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November',
  'December'
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function local(ms) {  // a Date whose UTC fields are the area's clock
  let offset = D.offsets[0][1];
  for (const [since, seconds] of D.offsets)
    if (since <= ms) offset = seconds;
  return new Date(ms + offset * 1000);
}
const two = n => String(n).padStart(2, '0');
const clock = ms => {
  const t = local(ms);
  return `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
};
const dayName = ms => {
  const t = local(ms);
  return `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]} ${t.getUTCFullYear()}`;
};
const longDay = ms => `${WEEKDAYS[local(ms).getUTCDay()]}, ${dayName(ms)}`;
const isoDay = ms => {
  const t = local(ms);
  return `${t.getUTCFullYear()}-${two(t.getUTCMonth() + 1)}-${two(t.getUTCDate())}`;
};
const monthName = ms => {
  const t = local(ms);
  return `${MONTHS[t.getUTCMonth()]} ${t.getUTCFullYear()}`;
};

// ---- numbers for people
// ----------------------------------------------------------------------------------------------

function number(value, decimals) {
  if (value === null || value === undefined || !Number.isFinite(value)) return 'unknown';
  const text = Math.abs(value).toFixed(decimals), [whole, rest] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') + (rest ? '.' + rest : '');
  return (value < 0 && Number(text) !== 0 ? '\u2212' : '') + grouped;
}
// Three digits that mean something.
function rounded(value) {
  const size = Math.abs(value);
  return number(value, size >= 99.95 || size === 0 ? 0 : size >= 9.995 ? 1 : 2);
}
const known = value => value !== null && value !== undefined && Number.isFinite(value);
// The unit follows `like`, so that values that stand side by side have the same.
function power(w, like = w) {
  if (!known(w)) return 'unknown';
  const size = Math.abs(like);
  return size >= 9.995e6 ? `${rounded(w / 1e6)} MW` : size >= 1e3 ? `${rounded(w / 1e3)} kW` : `${number(w, 0)} W`;
}
const energy = (kwh, like = kwh) => !known(kwh) ? 'unknown' :
    Math.abs(like) >= 1e4                       ? `${rounded(kwh / 1e3)} MWh` :
                                                  `${rounded(kwh)} kWh`;
const mass = (kg, like = kg) => !known(kg) ? 'unknown' :
    Math.abs(like) >= 1e4                  ? `${rounded(kg / 1e3)} t` :
                                             `${rounded(kg)} kg`;
const money = (value, like = value) =>
    !known(value) ? 'unknown' : `${number(value, Math.abs(like) >= 1e4 ? 0 : 2)} ${area.currency}`;
const price = value => !known(value) ? 'unknown' : `${number(value, 3)} ${area.currency}/kWh`;
const share = value => !known(value) ? 'unknown' : `${number(100 * value, Math.abs(value) < 0.1 ? 1 : 0)} %`;
const plain = value => rounded(value).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
const hours = (h, like = h) => like >= 72 ? `${plain(h / 24)} days` : `${plain(h)} h`;

// ---- elements
// -------------------------------------------------------------------------------------------------------- Names come
// from the configuration: they only ever enter the page as text nodes and attribute values.

function make(namespace, tag, attributes, children) {
  const e = namespace ? document.createElementNS(namespace, tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith('on'))
      e.addEventListener(key.slice(2), value);
    else if (value === true)
      e.setAttribute(key, '');
    else if (value !== false && value !== null && value !== undefined)
      e.setAttribute(key, value);
  }
  e.append(...children.flat().filter(c => c !== null && c !== undefined && c !== false));
  return e;
}
const html = (tag, attributes, ...children) => make(null, tag, attributes, children);
const svg = (tag, attributes, ...children) => make('http://www.w3.org/2000/svg', tag, attributes, children);
const byId = id => document.getElementById(id);
