// live.js: shows what /events says. Each event holds all there is to show, so nothing here remembers.
'use strict';

const $ = (selector, within = document) => within.querySelector(selector);
const token = $('meta[name=token]').content;
const sides = [], maps = [];
let state = null, ended = false;

function time(seconds) {
  const s = Math.floor(seconds), two = n => String(n).padStart(2, '0');
  return s < 3600 ? `${two(Math.floor(s / 60))}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// three figures, as the terminal shows them
function latency(ms) {
  if (ms === null) return ['\u2013', ''];
  if (ms >= 9999.5) return [(ms / 1000).toFixed(ms < 99950 ? 1 : 0), 's'];
  return [ms.toFixed(ms < 9.995 ? 2 : ms < 99.95 ? 1 : 0), 'ms'];
}

const number = n => n === null ? '\u2013' : n.toLocaleString('en');
const colour = i => getComputedStyle(document.documentElement).getPropertyValue(`--side${i}`).trim();
const shade = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function build(count) {
  for (let i = sides.length; i < count; i++) {
    for (const [id, list, where] of [['side', sides, 'sides'], ['map', maps, 'maps']]) {
      const made = $(`#${id}`).content.firstElementChild.cloneNode(true);
      made.classList.add(`s${i}`);
      $(`#${where}`).append(made);
      list.push(made);
    }
  }
}

function showSide(box, side) {
  const [median, unit] = latency(side.median_ms);
  set($('.name', box), side.name);
  set($('.polls', box), side.interval_s ? `asks every ${side.interval_s} s` : '');
  const badge = $('.state', box);
  badge.hidden = side.state === 'running';
  badge.classList.toggle('starting', side.state === 'starting');
  set(badge, side.state === 'ended' ? `ended: ${side.end}` : 'starting');
  set($('.value', box), median);
  set($('.unit', box), unit);
  set($('.p95', box), latency(side.p95_ms).join(' '));
  set($('.last', box), latency(side.last_ms).join(' '));
  set($('.waiting', box), number(side.waiting));
  set($('.bound', box), number(side.bound));
  set($('.requests', box), number(side.requests));
  set($('.minute', box), number(side.per_minute));
  const counts = $('.counts', box);
  counts.replaceChildren(...side.counts.flatMap(([name, count]) => {
    const figure = document.createElement('b');
    figure.textContent = number(count);
    return [`${name} `, figure, '\u2002 '];
  }));
}

// a canvas as large as it is shown, in CSS pixels
function canvasOf(canvas, height) {
  if (height) canvas.style.height = `${height}px`;
  const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
  const wide = Math.round(box.width * ratio), high = Math.round(box.height * ratio);
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, {width: wide, height: high});
  const draw = canvas.getContext('2d');
  draw.setTransform(ratio, 0, 0, ratio, 0, 0);
  draw.clearRect(0, 0, box.width, box.height);
  return [draw, box.width, box.height];
}

const em = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

function mark(draw, shape, x, y, r) {
  draw.beginPath();
  if (shape === 0) draw.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape === 1) draw.rect(x - r, y - r, 2 * r, 2 * r);
  else if (shape === 2) { draw.moveTo(x, y - 1.4 * r); draw.lineTo(x + 1.4 * r, y); draw.lineTo(x, y + 1.4 * r); draw.lineTo(x - 1.4 * r, y); }
  else { draw.moveTo(x, y - 1.3 * r); draw.lineTo(x + 1.3 * r, y + r); draw.lineTo(x - 1.3 * r, y + r); }
  draw.fill();
}

// the last minute, on a logarithmic scale
function showChart() {
  const [draw, width, height] = canvasOf($('#chart'));
  const size = 0.8 * em(), left = 4.6 * size, bottom = 1.5 * size, span = 60;
  const now = state.elapsed_s, from = Math.max(0, now - span), least = 0.1, most = 10000;
  const x = t => left + (t - from) / span * (width - left - size);
  const y = ms => size / 2 + (1 - Math.log10(Math.min(Math.max(ms, least), most) / least) / 5) * (height - bottom - size / 2);

  draw.font = `${size}px system-ui, sans-serif`;
  draw.textBaseline = 'middle';
  draw.lineWidth = 1;
  for (const [ms, label] of [[0.1, '0.1 ms'], [1, '1 ms'], [10, '10 ms'], [100, '100 ms'], [1000, '1 s'], [10000, '10 s']]) {
    draw.strokeStyle = shade('line');
    draw.beginPath();
    draw.moveTo(left, y(ms));
    draw.lineTo(width, y(ms));
    draw.stroke();
    draw.fillStyle = shade('soft');
    draw.textAlign = 'right';
    draw.fillText(label, left - size / 2, y(ms));
  }
  draw.textAlign = 'center';
  for (let t = Math.ceil(from / 10) * 10; t <= from + span - 2; t += 10) draw.fillText(time(t), x(t), height - bottom / 2 + 2);
  state.sides.forEach((side, i) => {
    draw.fillStyle = colour(i);
    for (const [t, ms] of side.points) if (t >= from) mark(draw, i, x(t), y(ms), Math.max(3, size / 4));
  });
}

function perBlock(most, room) {
  for (let scale = 1; ; scale *= 10)
    for (const step of [1, 2, 5]) if (Math.ceil(most / (step * scale)) <= room) return step * scale;
}

function showRows(figure, i, rows) {
  const size = em(), line = Math.max(14, Math.min(1.3 * size, 0.26 * window.innerHeight / rows));
  const [draw, width] = canvasOf($('canvas', figure), line * rows + 2);
  const type = Math.min(0.85 * size, line * 0.8);
  draw.font = `${type}px system-ui, sans-serif`;
  const label = Math.min(width / 3, Math.max(...state.nodes.map(n => draw.measureText(n[0]).width)) + type);
  const start = label + 2.6 * type, high = line * 0.72, gap = line * 0.16;
  const most = Math.max(1, ...state.nodes.map(n => Math.max(...n.slice(2))));
  // all sides have one scale; squares become narrower before they stand for more than a pod
  const per = perBlock(most, Math.max(1, Math.floor((width - start) / (gap + 5))));
  const block = Math.min(high, (width - start) / Math.ceil(most / per) - gap);

  set($('figcaption', figure), `${state.sides[i].name}: pods on each node, a mark is ${per === 1 ? 'a pod' : `${per} pods`}`);
  draw.textBaseline = 'middle';
  state.nodes.forEach((node, row) => {
    const middle = (row + 0.5) * line, pods = node[2 + i], blocks = Math.ceil(pods / per);
    draw.fillStyle = shade(node[1] ? 'soft' : 'ink');
    draw.textAlign = 'left';
    draw.fillText(node[0], 0, middle, label - type / 2);
    draw.textAlign = 'right';
    draw.fillText(pods, start - type / 2, middle);
    draw.fillStyle = colour(i);
    for (let b = 0; b < blocks; b++) draw.fillRect(start + b * (block + gap), middle - high / 2, block, high);
    if (node[1]) {
      draw.textAlign = 'left';
      const wide = draw.measureText(node[1]).width + type, at = Math.min(start + blocks * (block + gap), width - wide);
      draw.fillStyle = shade('ink');
      draw.fillRect(at, middle - line * 0.45, wide, line * 0.9);
      draw.fillStyle = shade('back');
      draw.fillText(node[1], at + type / 2, middle);
    }
  });
}

// more nodes than there is room for rows: a square each, the fuller the stronger
function showCells(figure, i) {
  const most = Math.max(1, ...state.nodes.map(n => Math.max(...n.slice(2)))), area = 0.24 * window.innerHeight;
  const canvas = $('canvas', figure), width = canvas.getBoundingClientRect().width;
  let cell = Math.min(2 * em(), Math.sqrt(width * area / state.nodes.length));
  const perRow = Math.max(1, Math.floor(width / cell));
  const [draw] = canvasOf(canvas, Math.ceil(state.nodes.length / perRow) * cell + 2);

  set($('figcaption', figure), `${state.sides[i].name}: ${state.nodes.length} nodes, full colour is ${most} pods`);
  state.nodes.forEach((node, place) => {
    const x = place % perRow * cell, y = Math.floor(place / perRow) * cell, inner = Math.max(1, cell - Math.max(1, cell * 0.12));
    draw.globalAlpha = 1;
    draw.fillStyle = shade('line');
    draw.fillRect(x, y, inner, inner);
    draw.globalAlpha = node[2 + i] / most;
    draw.fillStyle = colour(i);
    draw.fillRect(x, y, inner, inner);
    draw.globalAlpha = 1;
    if (node[1]) {
      draw.strokeStyle = shade('ink');
      draw.beginPath();
      draw.moveTo(x, y);
      draw.lineTo(x + inner, y + inner);
      draw.stroke();
    }
  });
}

function showLog() {
  const last = state.log.slice(-3).map(([at, text]) => {
    const line = document.createElement('li'), when = document.createElement('time');
    when.textContent = time(at);
    line.append(when, text);
    return line;
  });
  $('#log').replaceChildren(...last);
}

function showHead() {
  const alarm = state.ended ? 'ended' : state.cut_s > 0 ? `the server is cut: ${Math.ceil(state.cut_s)} s`
    : !state.connected ? 'no connection to the server' : state.paused ? 'paused' : '';
  set($('#workload'), state.workload);
  set($('#where'), state.where);
  set($('#elapsed'), time(state.elapsed_s));
  $('#alarm').hidden = !alarm;
  set($('#alarm'), alarm);
  set($('[data-key=b] span'), `burst of ${state.burst}`);
  set($('[data-key=c] span'), state.cordoned ? 'uncordon' : 'cordon a node');
  set($('[data-key=p] span'), state.paused ? 'go on' : 'pause');
  for (const button of document.querySelectorAll('button'))
    button.disabled = ended || (button.dataset.key === 'x' && (!state.can_cut || state.cut_s > 0));
  $('[data-key=x]').title = state.can_cut ? '' : 'this server is not ours to cut';
}

function show() {
  if (!state) return;
  build(state.sides.length);
  showHead();
  showLog();
  state.sides.forEach((side, i) => showSide(sides[i], side));
  showChart();
  if (state.nodes.length)
    maps.forEach((figure, i) => state.nodes.length <= 12 ? showRows(figure, i, state.nodes.length) : showCells(figure, i));
  document.body.dataset.events = Number(document.body.dataset.events || 0) + 1;
}

function press(key) {
  if (!ended) fetch('key', {method: 'POST', headers: {'X-Token': token}, body: key}).catch(() => {});
}

const events = new EventSource('events');
events.onmessage = message => {
  state = JSON.parse(message.data);
  if (state.ended) {
    ended = true;
    events.close();
    $('#sentence').hidden = false;
    set($('#sentence'), state.ended);
  }
  show();
};
events.onerror = () => {
  if (ended) return;
  $('#alarm').hidden = false;
  set($('#alarm'), 'compare is away');
};
document.addEventListener('keydown', event => {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && 'bxcpq'.includes(event.key) && event.key.length === 1) press(event.key);
});
for (const button of document.querySelectorAll('button')) button.addEventListener('click', () => press(button.dataset.key));
window.addEventListener('resize', show);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', show);
