// SPDX-License-Identifier: GPL-3.0-or-later
// One kind of chart: values that hold over intervals, drawn as areas, lines, bars or bands.
//
// chart({title, unit, edges, ticks, layers, ...}): `edges` are n + 1 instants or day numbers, each layer has n values.
// Layers: {type: 'area' | 'bars' | 'band' | 'line', label, colour, values (line, bars) or low and high, dash, hatch}.

const charts = new Map();  // figure -> options, to draw again when the width changes
const watcher = new ResizeObserver(entries => entries.forEach(e => {
  const c = charts.get(e.target);
  if (c && c.width !== e.target.clientWidth) draw(e.target, c);
}));
let patterns = 0;

function niceStep(span, count) {
  const rough = span / count, size = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map(f => f * size).find(step => step >= rough * 0.999) || size * 10;
}

function extent(c) {
  let low = c.low ?? 0, high = c.high ?? 0;
  for (const layer of c.layers)
    for (const values of [layer.values, layer.low, layer.high])
      if (values)
        for (const v of values) {
          if (v < low) low = v;
          if (v > high) high = v;
        }
  if (high - low < 1e-9) high = low + 1;
  const step = niceStep(high - low, 4.5);
  return {low: Math.floor(low / step + 1e-9) * step, high: Math.ceil(high / step - 1e-9) * step, step};
}

// Runs of intervals without a hole in any of the lists.
function solid(n, ...lists) {
  const found = [];
  for (let i = 0, from = -1; i <= n; i++) {
    const there = i < n && lists.every(list => Number.isFinite(list[i]));
    if (there && from < 0) from = i;
    if (!there && from >= 0) {
      found.push([from, i]);
      from = -1;
    }
  }
  return found;
}

const r1 = v => Math.round(v * 10) / 10;
function stepPath(x, y, edges, values, from, to) {
  let d = `M${r1(x(edges[from]))} ${r1(y(values[from]))}`;
  for (let i = from; i < to; i++) {
    if (i > from && values[i] !== values[i - 1]) d += `V${r1(y(values[i]))}`;
    if (i + 1 === to || values[i + 1] !== values[i]) d += `H${r1(x(edges[i + 1]))}`;
  }
  return d;
}
function areaPath(x, y, edges, low, high, from, to) {
  let d = stepPath(x, y, edges, high, from, to);
  for (let i = to - 1; i >= from; i--) d += `L${r1(x(edges[i + 1]))} ${r1(y(low[i]))}H${r1(x(edges[i]))}`;
  return d + 'Z';
}

function hatch(defs, paint) {
  const id = `hatch${patterns++}`;
  defs.append(
      svg('pattern', {id, width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)'},
          svg('rect', {width: 2.2, height: 6, fill: paint})));
  return `url(#${id})`;
}

function drawLayer(layer, c, x, y, defs) {
  const n = c.edges.length - 1, paint = layer.hatch ? hatch(defs, layer.colour) : layer.colour;
  const zero = layer.values && new Array(n).fill(0);
  let d = '';
  if (layer.type === 'bars') {
    for (let i = 0; i < n; i++) {
      const width = x(c.edges[i + 1]) - x(c.edges[i]), gap = width > 4 ? Math.min(width * .18, 6) : 0;
      if (Number.isFinite(layer.values[i]) && layer.values[i] !== 0)
        d += `M${r1(x(c.edges[i]) + gap)} ${r1(y(0))}H${r1(x(c.edges[i + 1]) - gap)}V${r1(y(layer.values[i]))}` +
            `H${r1(x(c.edges[i]) + gap)}Z`;
    }
    return svg('path', {d, fill: paint});
  }
  if (layer.type === 'line') {
    for (const [from, to] of solid(n, layer.values)) d += stepPath(x, y, c.edges, layer.values, from, to);
    return svg('path', {
      d,
      fill: 'none',
      stroke: layer.colour,
      'stroke-width': layer.width || 2,
      'stroke-dasharray': layer.dash,
      'stroke-linejoin': 'round'
    });
  }
  const low = layer.low || zero, high = layer.high || layer.values;
  for (const [from, to] of solid(n, low, high)) d += areaPath(x, y, c.edges, low, high, from, to);
  return svg('path', {
    d,
    fill: paint,
    'fill-opacity': layer.type === 'band' ? .45 : 1,
    stroke: layer.type === 'band' ? layer.colour : 'none'
  });
}

// The values at which the scale is marked, with their labels.
function marks(scale) {
  const found = [];
  const decimals =
      [0, 1, 2, 3].find(d => Math.abs(scale.step * 10 ** d - Math.round(scale.step * 10 ** d)) < 1e-6) ?? 4;
  for (let v = scale.low; v <= scale.high + scale.step / 2; v += scale.step)
    found.push({at: Math.abs(v) < scale.step / 1e6 ? 0 : v, label: number(v, decimals)});
  return found;
}

function drawAxes(c, x, y, scale, box) {
  const parts = [];
  for (const {at, label} of marks(scale)) {
    parts.push(svg('line', {class: at === 0 ? 'zero' : 'rule', x1: box.left, x2: box.right, y1: y(at), y2: y(at)}));
    parts.push(svg('text', {x: box.left - 6, y: y(at) + 4, 'text-anchor': 'end'}, label));
  }
  let free = -Infinity;
  for (const tick of c.ticks) {
    const at = x(tick.at), half = 3.6 * tick.label.length + 4;
    parts.push(svg('line', {class: 'rule', x1: at, x2: at, y1: box.bottom, y2: box.bottom + 4}));
    const middle = tick.until === undefined ? at : (at + x(tick.until)) / 2;
    if (middle - half < free || middle - half < 0 || middle + half > box.right + 12) continue;
    parts.push(svg('text', {x: middle, y: box.bottom + 17, 'text-anchor': 'middle'}, tick.label));
    free = middle + half;
  }
  return parts;
}

function drawUnknown(c, x, box, defs) {
  const parts = [];
  if (!c.unknown) return parts;
  const n = c.edges.length - 1;
  let paint = null;
  for (let i = 0, from = -1; i <= n; i++) {
    const here = i < n && c.unknown[i] > 0;
    if (here && from < 0) from = i;
    if (!here && from >= 0) {
      paint = paint || hatch(defs, 'color-mix(in srgb, var(--soft) 45%, transparent)');
      parts.push(
          svg('rect', {
            x: x(c.edges[from]),
            width: Math.max(1, x(c.edges[i]) - x(c.edges[from])),
            y: box.top,
            height: box.bottom - box.top,
            fill: paint
          },
              svg('title', null, c.unknownName)));
      from = -1;
    }
  }
  c.hasUnknown = parts.length > 0;
  return parts;
}

function swatch(layer) {
  const mark = layer.type === 'line' ?
      svg('line', {
        x1: 0,
        x2: 22,
        y1: 6,
        y2: 6,
        stroke: layer.colour,
        'stroke-width': layer.width || 2.5,
        'stroke-dasharray': layer.dash
      }) :
      svg('rect', {width: 22, height: 12, rx: 2, fill: layer.colour, 'fill-opacity': layer.type === 'band' ? .45 : .9});
  return html('li', null, svg('svg', {viewBox: '0 0 22 12', 'aria-hidden': 'true'}, mark), layer.label);
}

function showPoint(figure, c, i) {
  const n = c.edges.length - 1;
  c.at = Math.max(0, Math.min(n - 1, i));
  const middle = (c.x(c.edges[c.at]) + c.x(c.edges[c.at + 1])) / 2;
  c.cursor.setAttribute('x1', middle);
  c.cursor.setAttribute('x2', middle);
  c.cursor.style.visibility = 'visible';
  const items = c.read(c.at);
  c.readout.replaceChildren(
      html('b', null, items[0]),
      ...items.slice(1).flatMap(([name, value]) => [' · ', `${name} `, html('b', null, value)]));
}

function follow(figure, c, picture) {
  const index = event => {
    const at = c.invert(event.clientX - picture.getBoundingClientRect().left);
    let low = 0, high = c.edges.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (c.edges[middle] <= at)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  };
  picture.addEventListener('pointermove', event => showPoint(figure, c, index(event)));
  picture.addEventListener('pointerdown', event => showPoint(figure, c, index(event)));
  if (c.pick) picture.addEventListener('click', event => c.pick(index(event)));
  picture.addEventListener('keydown', event => {
    const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (move) {
      event.preventDefault();
      showPoint(figure, c, (c.at ?? (move > 0 ? -1 : 1)) + move);
    }
    if (event.key === 'Enter' && c.pick && c.at !== undefined) c.pick(c.at);
  });
}

// What the chart shows, in words: for those who cannot see it, and until somebody points at it.
function inWords(c) {
  return c.layers.filter(l => l.label && l.type !== 'area' || l.values)
      .slice(0, 3)
      .map(l => {
        const low = (l.low || l.values).filter(Number.isFinite), high = (l.high || l.values).filter(Number.isFinite);
        if (!high.length) return `${l.label}: unknown`;
        const least = low.reduce((a, b) => Math.min(a, b)), most = high.reduce((a, b) => Math.max(a, b));
        return `${l.label} ${least === most ? '' : `${plain(least)} to `}${plain(most)}`;
      })
      .join(' · ');
}

function draw(figure, c) {
  const width = c.width = Math.max(figure.clientWidth || 640, 240);
  const inner = width - 26, scale = extent(c);
  const left = 14 + 6.8 * Math.max(...marks(scale).map(mark => mark.label.length), 4);
  const box = {left, right: inner - 8, top: 8, bottom: (c.height || 190) - 24};
  const first = c.edges[0], last = c.edges[c.edges.length - 1];
  const x = c.x = v => box.left + (v - first) / (last - first) * (box.right - box.left);
  const y = v => box.bottom - (v - scale.low) / (scale.high - scale.low) * (box.bottom - box.top);
  c.invert = px => first + (px - box.left) / (box.right - box.left) * (last - first);
  const defs = svg('defs'),
        picture =
            svg('svg', {
              viewBox: `0 0 ${inner} ${box.bottom + 24}`,
              height: box.bottom + 24,
              role: 'img',
              tabindex: 0,
              'aria-label':
                  `${c.title}, ${c.unit}. ${c.words || inWords(c)}. Left and right arrow keys read the values.`,
              class: c.pick ? 'pickable' : null
            },
                defs);
  picture.append(...drawUnknown(c, x, box, defs));
  if (c.picked !== undefined && c.picked >= 0)
    picture.append(svg('rect', {
      class: 'picked',
      x: x(c.edges[c.picked]) - 1,
      y: box.top,
      height: box.bottom - box.top,
      width: Math.max(4, x(c.edges[c.picked + 1]) - x(c.edges[c.picked]) + 2)
    }));
  const axes = drawAxes(c, x, y, scale, box);
  picture.append(...axes, ...c.layers.map(layer => drawLayer(layer, c, x, y, defs)));
  c.cursor = svg('line', {class: 'cursor', y1: box.top, y2: box.bottom});
  picture.append(c.cursor);
  c.readout = html('p', {class: 'readout', 'aria-live': 'polite'}, c.words || inWords(c));
  const legend = html('ul', {class: 'legend'}, c.layers.filter(l => l.label).map(swatch));
  if (c.hasUnknown) legend.append(html('li', null, `▨ ${c.unknownName}`));
  figure.replaceChildren(
      html('figcaption', null, html('h3', null, c.title), html('span', {class: 'unit'}, c.unit)), picture, legend,
      c.readout);
  follow(figure, c, picture);
}

function chart(options) {
  const figure = html('figure', {class: options.wide ? 'wide' : null});
  charts.set(figure, options);
  watcher.observe(figure);
  return figure;
}

// Takes the place of what stands in `host`, without losing sight of the figures that are gone.
function place(host, ...parts) {
  for (const old of host.querySelectorAll('figure')) {
    watcher.unobserve(old);
    charts.delete(old);
  }
  host.replaceChildren(...parts.flat().filter(Boolean));
  for (const figure of host.querySelectorAll('figure')) draw(figure, charts.get(figure));
}
