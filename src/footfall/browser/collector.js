// Runs in every document that a journey loads, before the page's own scripts, inside a function of its own together with
// Google's web-vitals (the variable `webVitals`). It keeps the latest value of each metric and answers two questions of the
// recorder: `painted()` before a script leaves the page, `read()` at the end of the journey. It is asked nothing between steps,
// for that would wait for the page: all that it tells has its time. A document that is left writes what it knows into cookies
// whose path matches no page: the browser keeps them across origins, no request ever carries them, and no script of the site
// can see them.
const KEPT_S = 600, CHUNK = 3500, QUIET_MS = 32, PAINT_MS = 150, TEXT = 120 /* pages.py */, UNSEEN_MS = 40, INTERACTIONS = 40,
  FAILED = 20;
const id = Math.random().toString(36).slice(2, 12);
const values = new Map();
const tasks = [], failed = [];
let visited = null;
const visit = () => (visited ??= performance.getEntriesByType('navigation')[0]); // one object, which the browser goes on filling in
let changed = 0, largestAt = 0, largestSize = 0, touched = false, unseen = null, left = null, written = [];

const setCookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set; // consent scripts put theirs over it

const short = (text) => (text ? String(text).slice(0, TEXT) : undefined);
const round = (number, digits = 1) => (number === undefined ? undefined : Number(number.toFixed(digits)));
const details = {
  LCP: (a) => ({ element: short(a.target), resource: short(a.url), ttfb: round(a.timeToFirstByte), load_delay: round(a.resourceLoadDelay),
    load_time: round(a.resourceLoadDuration), render_delay: round(a.elementRenderDelay) }),
  INP: (a) => ({ element: short(a.interactionTarget), kind: a.interactionType, input_delay: round(a.inputDelay), processing: round(a.processingDuration),
    presentation: round(a.presentationDelay), script: short(a.longestScript?.entry?.sourceURL) }),
  CLS: (a) => ({ element: short(a.largestShiftTarget), largest: round(a.largestShiftValue, 5), at: round(a.largestShiftTime) }),
  FCP: (a) => ({ ttfb: round(a.timeToFirstByte), render: round(a.firstByteToFCP) }),
  TTFB: (a) => ({ waiting: round(a.waitingDuration), cache: round(a.cacheDuration), dns: round(a.dnsDuration), connection: round(a.connectionDuration),
    request: round(a.requestDuration) }),
};

// Whether more may follow of what a metric tells: a layout that shifted may do so again; a paint shows all that there was when the page
// had loaded before it.
const moves = (metric) => {
  if (metric.name === 'CLS') return metric.value > 0;
  const loaded = visit()?.loadEventEnd;
  return !(loaded && metric.entries.at(-1)?.startTime > loaded);
};
const keep = (metric, at, key) => {
  const soft = metric.navigationType === 'soft-navigation';
  if (soft && metric.name === 'TTFB') return; // always 0: nothing was fetched
  if (moves(metric)) changed = performance.now();
  if (metric.name === 'LCP') [largestAt, largestSize] = [performance.now(), metric.attribution.lcpEntry?.size ?? 0];
  values.set(key, { name: metric.name.toLowerCase(), value: round(metric.value, metric.name === 'CLS' ? 5 : 1), at: round(at), soft,
    url: short(metric.navigationURL), detail: details[metric.name](metric.attribution) });
  if (left) goodbye(); // web-vitals still reports while the page is being left
};
const loading = (metric) => keep(metric, metric.navigationStartTime ?? 0, metric.id);
const options = { reportAllChanges: true, reportSoftNavs: true };
for (const on of ['onTTFB', 'onFCP', 'onLCP', 'onCLS']) webVitals[on](loading, options);

// Steps may share a page, so each interaction is kept for itself: web-vitals tells of the page's slowest ones, with all that lies
// behind them, and of the others the browser's own entries tell as much as a step needs.
const nameOf = (metric) => `inp${metric.entries[0]?.interactionId || metric.id}`;
webVitals.onINP((metric) => keep(metric, metric.attribution.interactionTime ?? metric.navigationStartTime ?? 0, nameOf(metric)),
  { ...options, durationThreshold: 16 });

// Where an element stands: up to the nearest one with an id, as far as there is room.
const placeOf = (element) => {
  let place = '';
  for (let at = element; at?.nodeType === Node.ELEMENT_NODE; at = at.parentElement) {
    const own = at.id ? `#${at.id}` : [at.nodeName.toLowerCase(), ...at.classList].join('.');
    if (place && own.length + place.length >= TEXT) break;
    place = place ? `${own}>${place}` : own;
    if (at.id) break;
  }
  return place;
};
const interaction = (entry) => {
  const key = `inp${entry.interactionId}`;
  if (values.get(key)?.value >= entry.duration) return;
  changed = performance.now();
  values.set(key, { name: 'inp', value: entry.duration, at: round(entry.startTime), soft: false, detail: {
    element: short(placeOf(entry.target)), kind: entry.name.startsWith('key') ? 'keyboard' : 'pointer',
    input_delay: round(entry.processingStart - entry.startTime), processing: round(entry.processingEnd - entry.processingStart),
    presentation: round(Math.max(entry.startTime + entry.duration - entry.processingEnd, 0)) } });
  const all = [...values].filter(([name]) => name.startsWith('inp'));
  if (all.length <= INTERACTIONS) return;
  all.sort(([, a], [, b]) => a.at - b.at);
  // Of a long text that is typed, the quicker of the two that are nearest to each other goes: what is left still covers all steps.
  const apart = (place) => all[place][1].at - all[place - 1][1].at;
  const near = all.reduce((best, _, place) => (place > 1 && apart(place) < apart(best) ? place : best), 1);
  values.delete(all[all[near][1].value > all[near - 1][1].value ? near - 1 : near][0]);
};

// An interaction that leaves the page before the next paint gets no event timing entry; how long it took is known all the same.
// Only its own entry says that it was painted: those of the pointer's way there (pointermove, pointerdown) may end after it began.
const ENDS = new Set(['pointerup', 'mouseup', 'click', 'keydown', 'keypress', 'keyup']);
let channel = null; // made when somebody touches the page: it costs each document more than a listener does
const opened = () => {
  const made = new MessageChannel();
  made.port1.onmessage = () => { if (unseen && !unseen.end) unseen.end = performance.now(); };
  return made;
};
for (const type of ['pointerup', 'click', 'keydown']) {
  addEventListener(type, (event) => {
    if (!event.isTrusted) return;
    touched = true;
    if (!unseen || event.timeStamp - unseen.start > 1) unseen = { start: event.timeStamp, kind: type === 'keydown' ? 'keyboard' : 'pointer', end: 0 };
    unseen.end = 0;
    (channel ??= opened()).port2.postMessage(0);
  }, true);
}
const seen = (list) => {
  for (const entry of list) {
    if (unseen && ENDS.has(entry.name) && entry.startTime > unseen.start - 1) unseen = null;
    if (entry.interactionId) interaction(entry);
  }
};
const events = new PerformanceObserver((list) => seen(list.getEntries()));
if (PerformanceObserver.supportedEntryTypes.includes('event')) events.observe({ type: 'event', durationThreshold: 16 });
const unpainted = () => {
  seen(events.takeRecords());
  if (!unseen) return;
  const value = (unseen.end || performance.now()) - unseen.start;
  if (value >= UNSEEN_MS) {
    values.set(`unseen${round(unseen.start)}`, { name: 'inp', value: round(value), at: round(unseen.start), soft: false,
      detail: { kind: unseen.kind, painted: false } });
  }
};

const keepTasks = (list) => {
  for (const task of list) tasks.push([round(task.startTime), round(task.duration)]);
};
const longTasks = new PerformanceObserver((list) => keepTasks(list.getEntries()));
if (PerformanceObserver.supportedEntryTypes.includes('longtask')) longTasks.observe({ type: 'longtask', buffered: true });
// A browser keeps 250 requests; more room from the start costs every document. Scripts that clear what is full are told at 2,000.
performance.addEventListener?.('resourcetimingbufferfull', (event) => {
  event.stopImmediatePropagation();
  performance.setResourceTimingBufferSize?.(2000);
}, { once: true });

// The browser tells of a script that failed when the next step may have begun, and not when it was; frames and workers are its alone.
// What an object says that is no Error, or one of another origin's script, only the browser knows.
const said = (error) => { try { return short(error?.message ?? (typeof error === 'object' ? '' : error)) ?? ''; } catch { return ''; } };
const fails = (error) => { if (failed.length < FAILED) failed.push([round(performance.now()), said(error)]); };
addEventListener('error', (event) => fails(event.error));
addEventListener('unhandledrejection', (event) => fails(event.reason));

// What kind of thing was fetched: d document, s script, c style, i image, f font, x data, m media, o other.
const BY_USE = { navigation: 'd', iframe: 'd', frame: 'd', script: 's', img: 'i', image: 'i', input: 'i', fetch: 'x', xmlhttprequest: 'x', beacon: 'x',
  video: 'm', audio: 'm', track: 'm' };
const BY_NAME = [['s', /\.m?js$/], ['c', /\.css$/], ['i', /\.(png|jpe?g|gif|webp|avif|svg|ico)$/], ['f', /\.(woff2?|[to]tf|eot)$/],
  ['m', /\.(mp[34]|webm|ogg|m3u8|m4[as]|ts)$/]];
const BY_TYPE = [['s', /javascript/], ['c', /css/], ['i', /^image/], ['f', /font/], ['x', /json|xml/], ['m', /^(video|audio)/]];
const pathOf = (entry) => entry.name.split(/[?#]/)[0].toLowerCase();
const kindOf = (entry) => BY_USE[entry.initiatorType] ?? BY_NAME.find(([, pattern]) => pattern.test(pathOf(entry)))?.[0]
  ?? BY_TYPE.find(([, pattern]) => pattern.test(entry.contentType ?? ''))?.[0] ?? 'o';
const isPicture = (entry) => kindOf(entry) === 'i';

// The part of a host's name that one owner has: `shop.co.uk` of `www.shop.co.uk`. The browser does not tell its list of such endings.
const siteOf = (host) => {
  const labels = host.split('.'), last = labels.length - 1;
  if (host.includes(':') || /^\d+$/.test(labels[last])) return host; // an address
  const wide = labels[last].length === 2 && /^(ac|co|com|edu|go|gov|mil|ne|net|nom|or|org)$/.test(labels[last - 1]);
  return labels.slice(wide ? -3 : -2).join('.');
};

const HOME = `${location.origin}/`; // to take an address apart takes longer than all else in a row
// A row for each request: when it began, ms that it took, bytes (empty where its site does not let them be known), and letters: its
// kind, t for another site's, f for one that was answered with 400 or above, with its address behind it: the console tells of it too.
const rowOf = (entry) => {
  const url = entry.name.startsWith(HOME) ? location : new URL(entry.name, location.href), foreign = url.origin !== location.origin;
  const hidden = foreign && !entry.responseStart && url.protocol.startsWith('http');
  const party = foreign && siteOf(url.hostname) !== siteOf(location.hostname) ? 't' : '';
  const failed = entry.responseStatus >= 400 ? `f,${encodeURIComponent(entry.name)}` : '';
  return [round(entry.startTime), round(entry.responseEnd - entry.startTime), hidden ? '' : entry.transferSize || 0, kindOf(entry) + party + failed].join();
};
let rows = '', rowsOf = '';
const fetched = () => {
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  const now = `${entries.length} ${entries[0]?.responseEnd}`; // a page that is left is asked several times over
  if (now !== rowsOf) [rows, rowsOf] = [entries.map(rowOf).join(';'), now];
  return rows;
};

// A moment by both clocks. The page's own starts with its process and drifts; `origin` is where the system's clock puts its zero by now, so
// that pages and steps share one clock.
const moment = () => { const at = performance.now(); return { at, origin: Date.now() - at }; };
const snapshot = ({ at, origin } = moment()) => {
  const navigation = visit();
  keepTasks(longTasks.takeRecords());
  return { id, url: (navigation?.name ?? location.href).slice(0, 500), origin, until: round(at),
    load: navigation?.loadEventEnd ? round(navigation.loadEventEnd) : 0, values: [...values.values()], tasks, failed, fetched: fetched() };
};

// As text; old libraries have their own ideas of how an array is written.
const plain = (value) => {
  const { toJSON } = Array.prototype;
  if (!toJSON) return stringify(value);
  delete Array.prototype.toJSON;
  try { return stringify(value); } finally { Array.prototype.toJSON = toJSON; }
};
const leave = () => {
  unpainted();
  const text = plain(snapshot(left)).replace(/[^\x20-\x7e]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
  const coded = btoa(text), count = Math.ceil(coded.length / CHUNK);
  const chunks = Array.from({ length: count }, (_, i) => `${count}.${coded.slice(i * CHUNK, (i + 1) * CHUNK)}`);
  chunks.forEach((chunk, i) => { // a cookie costs the page a wait for another process, so none is written twice
    if (chunk !== written[i]) setCookie.call(document, `footfall-page-${id}-${i}=${chunk}; path=/-/footfall; max-age=${KEPT_S}`);
  });
  written = chunks;
};
// What web-vitals says at the end comes in several callbacks and microtasks: one goodbye after each listener is enough.
let waiting = false;
const goodbye = () => {
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => {
    waiting = false;
    try { leave(); } catch { /* a document without cookies (a sandbox, a file) is read while it lives, or not at all */ }
  });
};
addEventListener('pagehide', () => { left = moment(); goodbye(); });
document.addEventListener('visibilitychange', () => { // comes behind pagehide, or alone when another tab is looked at
  if (document.visibilityState !== 'hidden') { left = null; return; }
  left ??= moment();
  goodbye();
});
addEventListener('pageshow', () => { left = null; written = []; }); // what it wrote may have been read and taken away

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const frames = () => Promise.race([pause(100), new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))]);
// How much of the window an element fills (px²), as the browser reckons the size of a paint: at most.
const areaOf = (element) => {
  const box = element.getBoundingClientRect();
  const side = (from, to, most) => Math.max(0, Math.min(to, most) - Math.max(from, 0));
  return side(box.left, box.right, innerWidth) * side(box.top, box.bottom, innerHeight);
};
// Whether a picture may be the largest paint. An icon of a few bytes never is, nor one that is shown smaller than what was painted
// already; of a picture of another origin the size may be unknown (0), and one that no element shows may be a background.
const mayBeLargest = (entry) => {
  if (entry.encodedBodySize > 0 && entry.encodedBodySize < 2000) return false;
  const shown = [...document.images].filter((image) => image.currentSrc === entry.name);
  return !shown.length || shown.some((image) => areaOf(image) > largestSize);
};
// Whether the page has loaded and the paint that shows it is still to come: its first one, or that of a picture just arrived.
const unpaintedYet = () => {
  if (document.visibilityState !== 'visible' || document.readyState !== 'complete' || touched) return false;
  if (![...values.values()].some((value) => value.name === 'fcp')) return true;
  const since = Math.max(largestAt, performance.now() - PAINT_MS);
  return performance.getEntriesByType('resource').some((entry) => entry.responseEnd > since && isPicture(entry) && mayBeLargest(entry));
};
const painted = async () => {
  const until = performance.now() + PAINT_MS;
  while (unpaintedYet() && performance.now() < until) await frames();
};
// How long the page must still be quiet (ms) before what it painted last has been told of.
const restless = () => Math.max(visit()?.loadEventEnd ?? 0, changed) + QUIET_MS - performance.now();
const moving = () => {
  if (document.readyState !== 'complete') return true;
  if (touched) return false; // the first input ends LCP
  if ([...document.images].some((image) => !image.complete && image.loading !== 'lazy')) return true;
  if (unpaintedYet()) return true;
  return restless() > 0;
};
const settle = async (limit) => {
  const until = performance.now() + limit;
  while (performance.now() < until && moving()) await pause(restless() > 0 ? Math.min(10, restless()) : 10);
  if (unseen || moving()) await frames();
  if (!touched) return;
  // web-vitals looks at interactions when the page is idle
  await Promise.race([pause(50), new Promise((resolve) => (requestIdleCallback ?? setTimeout)(resolve))]);
};

Object.defineProperty(window, '__footfall__', {
  value: Object.freeze({
    painted,
    read: async (limit) => { await settle(limit); return plain(snapshot()); },
  }),
});
