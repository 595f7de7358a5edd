// Runs in every document that a journey loads, before the page's own scripts, inside a function of its own. It notes what the browser
// tells of paints, shifts and interactions; vitals.py reckons with it elsewhere, for the less runs in a page, the less it is disturbed.
// So it waits for nothing that the browser keeps by itself (paints, requests), and looks at it before somebody touches or leaves the page.
// It answers the recorder's questions: `painted()` before a script leaves the page, `read()` at the end of the journey. It is
// asked nothing between steps, for that would wait for the page: all that it tells has its time. A document that is left hands what it
// knows, and what was handed to it, to its heir: the document of its origin that comes next in the tab takes it out of the session's storage
// before any script of the site runs. One that has no heir writes it into cookies whose path matches no page: the browser keeps them across
// origins, no request ever carries them, and no script of the site can see them. But each request of that site is told of to Playwright
// with all its cookies, so what stands in them makes each later page dearer.
const KEPT_S = 600, CHUNK = 3500, QUIET_MS = 32, PAINT_MS = 150, TEXT = 120 /* pages.py */, UNSEEN_MS = 40, INTERACTIONS = 40,
  SHIFTS = 100, MOST = 300, GAP_MS = 1000, WINDOW_MS = 5000, FRAME_MS = 8 /* web-vitals */, FRAMES = 100, NEWEST = 10, SCRIPTS = 5, ROOM = 2000, FAILED = 20,
  LOOK_MS = 300, ROUTE_MS = 300, PAGES = 'footfall-pages', TOLD_MS = 20 /* behind a paint the browser tells of it */;
const id = Math.random().toString(36).slice(2, 12);
let visited = null;
const visit = () => (visited ??= performance.getEntriesByType('navigation')[0]); // one object, which the browser goes on filling in
// `touchedAt`: the route at which the page was last touched; `routed`: whether one that this touch began was told of.
let changed = 0, largestAt = 0, largestSize = 0, shown = false, touchedAt = '', routed = false, unseen = null, seen = () => {}, left = null, written = [];
let hidden = document.visibilityState === 'hidden' ? 0 : null; // since when

const setCookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie').set; // consent scripts put theirs over it
const { getItem, setItem, removeItem } = Storage.prototype;

// What the pages before this one told, each a line.
let carried = [];
const inherit = () => {
  try {
    const lines = getItem.call(sessionStorage, PAGES);
    if (lines === null) return;
    removeItem.call(sessionStorage, PAGES);
    carried.push(...lines.split('\n'));
  } catch { /* a document without storage */ }
};
inherit();

// `document.open` takes all listeners from a document and its window.
const listening = [];
const listen = (target, types, listener, capture = false) => {
  const add = () => { for (const type of types) target.addEventListener(type, listener, capture); };
  add();
  listening.push(add);
};
new MutationObserver((changes) => {
  if (changes.some(({ removedNodes }) => removedNodes.length)) for (const add of listening) add();
}).observe(document, { childList: true });

const short = (text) => (text ? String(text).slice(0, TEXT) : '');
const round = (number, scale = 10) => Math.round((number ?? 0) * scale) / scale;

// Where an element stands, or a text's: up to the nearest one with an id, as far as there is room and its own names do not stand over the
// browser's (a form's may).
const placeOf = (node) => {
  let place = '';
  try {
    for (let at = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node; at?.nodeType === Node.ELEMENT_NODE; at = at.parentElement) {
      const own = at.id ? `#${at.id}` : [at.nodeName.toLowerCase(), ...at.classList].join('.');
      if (place && own.length + place.length >= TEXT) break;
      place = place ? `${own}>${place}` : own;
      if (at.id) break;
    }
  } catch { /* as far as it came */ }
  return short(place);
};

// What the browser told, in the rows that vitals.js reads: first the batch in which it came, for web-vitals reckons batch by batch. Texts
// stand once in `names`, for cookies have little room.
let batch = 0;
const names = [''], told = [], shifts = [], strays = [], longFrames = [], tasks = [], interactions = new Map();
const named = (text) => {
  const known = names.indexOf(text);
  if (known >= 0) return known;
  return names.length < MOST ? names.push(text) - 1 : 0;
};
const tell = (letter, row) => { if (told.length < MOST) told.push([batch, letter, ...row]); };

const noteFirst = (entry) => {
  if (entry.name !== 'first-contentful-paint') return;
  shown = true;
  tell('p', [round(entry.startTime)]);
};
// The requests of the page, as many as there is room for: a browser keeps 250 of them, and scripts may clear its list.
const { clearResourceTimings, setResourceTimingBufferSize } = Performance.prototype;
let cleared = [];
const kept = () => performance.getEntriesByType('resource');
const requests = () => [...cleared, ...kept()].slice(-ROOM);
Performance.prototype.clearResourceTimings = function () {
  cleared = requests();
  clearResourceTimings.call(this);
};
performance.addEventListener?.('resourcetimingbufferfull', (event) => { // more room from the start costs every document
  if (kept().length >= ROOM) return;
  event.stopImmediatePropagation();
  setResourceTimingBufferSize?.call(performance, ROOM);
});

// A paint; of a picture also when it was asked for and had come. To ask for an element takes longer than all else here.
const paintOf = (entry) => {
  const asked = (request) => request.requestStart || request.startTime, its = (request) => request.name === entry.url && asked(request) <= entry.startTime;
  const picture = entry.url && requests().findLast(its);
  return [round(entry.startTime), round(entry.renderTime), named(short(entry.url)), named(entry.id ? `#${short(entry.id)}` : placeOf(entry.element)),
    ...(picture ? [round(asked(picture)), round(picture.responseEnd)] : [])];
};
const noteLargest = (entry) => {
  tell('l', paintOf(entry));
  [largestAt, largestSize] = [entry.startTime, entry.size];
  const loaded = visit()?.loadEventEnd;
  if (!loaded || entry.startTime <= loaded) changed = Math.max(changed, entry.startTime + TOLD_MS); // one behind it shows all that there was
};
// A page that never stands still would fill all cookies: after so many shifts, those of a window that follow its first are one, with the
// largest of them, as long as web-vitals sees no gap before it. Windows are its own (https://web.dev/articles/cls).
let begun = 0, ended = 0, sum = 0, most = 0;
const noteShift = (entry) => {
  const { startTime: at, value } = entry;
  if (entry.hadRecentInput) return;
  const same = sum > 0 && at - ended < GAP_MS && at - begun < WINDOW_MS;
  [begun, ended, sum] = [same ? begun : at, at, same ? sum + value : value];
  if (sum > most) [most, changed] = [sum, performance.now()];
  const source = entry.sources?.find(({ node }) => node?.nodeType === Node.ELEMENT_NODE) ?? entry.sources?.[0], last = shifts.at(-1);
  const row = [batch, 's', round(at), round(value, 1e8), source ? named(placeOf(source.node)) : null];
  if (!same || shifts.length < SHIFTS || last[2] === round(begun) || at - shifts.at(-2)[2] >= GAP_MS) {
    if (shifts.length < MOST) shifts.push(row);
    else begun = -Infinity; // no more are noted
    return;
  }
  const { 3: total, 4: place, 5: largest = last[3], 6: since = last[2] } = last;
  shifts.splice(-1, 1, [batch, 's', row[2], round(total + value, 1e8), ...(value > largest ? [row[4], row[3], row[2]] : [place, largest, since])]);
};
const contentOf = (entry) => [round(entry.startTime), round(entry.duration), entry.interactionId,
  entry.largestContentfulPaint ? paintOf(entry.largestContentfulPaint) : null];
const touches = () => performance.interactionCount ?? interactions.size;
const noteRoute = (entry) => {
  const largest = entry.getLargestInteractionContentfulPaint();
  [sum, most, routed] = [0, 0, true];
  tell('n', [round(entry.startTime), round(entry.duration), named(short(entry.name)), entry.navigationId, entry.interactionId,
    round(entry.presentationTime || entry.paintTime), touches(), largest ? contentOf(largest) : null]);
};

// Steps may share a page, so each interaction is kept for itself, with all its events. Of a long text that is typed, the quicker of the
// two that are nearest to each other goes: what is left still covers all steps.
const thin = () => {
  const all = [...interactions.values()].sort(([a], [b]) => a[3] - b[3]);
  const apart = (place) => all[place][0][3] - all[place - 1][0][3], slowest = (events) => Math.max(...events.map((row) => row[4]));
  const near = all.reduce((best, _, place) => (place > 1 && apart(place) < apart(best) ? place : best), 1);
  interactions.delete(all[slowest(all[near]) > slowest(all[near - 1]) ? near - 1 : near][0][7]);
};
// Only its own entry says that an interaction was painted: those of the pointer's way there (pointermove, pointerdown) may end after it
// began. What belongs to none only says from when until when its frame was busy.
const ENDS = new Set(['pointerup', 'mouseup', 'click', 'keydown', 'keypress', 'keyup']);
const shownAt = (row) => row[3] + row[4];
// Of frames and of what belongs to no interaction only that counts which stands beside one, or beside one of which is told next.
const eventsOf = () => [...interactions.values()].flat();
const strayed = (row) => (event) => Math.abs(shownAt(event) - shownAt(row)) <= FRAME_MS;
const overlapped = ([, , at, took]) => (event) => at <= shownAt(event) && at + took >= event[3];
const forget = (rows, beside) => {
  const events = eventsOf(), kept = rows.filter((row, place) => place >= rows.length - NEWEST || events.some(beside(row)));
  rows.splice(0, rows.length, ...kept.slice(-FRAMES));
};
const noteEvent = (entry) => {
  if (unseen && ENDS.has(entry.name) && entry.startTime > unseen.start - 1) {
    if (unseen.kind === 'pointer') seen(); // a key's last event comes later
    unseen = null;
  }
  const row = [batch, 'e', named(entry.name), round(entry.startTime), entry.duration, round(entry.processingStart), round(entry.processingEnd), entry.interactionId ?? 0];
  if (!entry.interactionId) {
    const last = strays.at(-1);
    if (!last || Math.abs(shownAt(row) - shownAt(last)) > FRAME_MS) strays.push(row);
    else [last[5], last[6]] = [Math.min(last[5], row[5]), Math.max(last[6], row[6])];
    if (strays.length > FRAMES) forget(strays, strayed);
    return;
  }
  const events = interactions.get(entry.interactionId) ?? [];
  if (events.some((known) => known[2] === row[2] && known[3] === row[3])) return; // the first input is told of twice
  changed = performance.now();
  events.push([...row, named(placeOf(entry.target) || short(entry.targetSelector))]);
  interactions.set(entry.interactionId, events);
  if (interactions.size > INTERACTIONS) thin();
};
const noteFrame = (entry) => {
  const scripts = [...entry.scripts].sort((a, b) => b.duration - a.duration).slice(0, SCRIPTS);
  longFrames.push([batch, 'f', round(entry.startTime), round(entry.duration),
    scripts.map((script) => [round(script.startTime), round(script.duration), named(short(script.sourceURL))])]);
  if (longFrames.length > FRAMES) forget(longFrames, overlapped);
};
const noteContent = (entry) => { tell('i', contentOf(entry)); };
const noteTask = (entry) => { tasks.push([round(entry.startTime), round(entry.duration)]); };

const NOTES = { paint: noteFirst, 'largest-contentful-paint': noteLargest, 'layout-shift': noteShift, event: noteEvent, 'first-input': noteEvent,
  'long-animation-frame': noteFrame, longtask: noteTask, 'soft-navigation': noteRoute, 'interaction-contentful-paint': noteContent };
const note = (entries) => {
  batch += 1;
  for (const entry of entries) NOTES[entry.entryType](entry);
};
const observer = new PerformanceObserver((list) => note(list.getEntries())), types = [];
const observe = (...wanted) => {
  for (const type of wanted) {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) continue;
    types.push(type);
    observer.observe({ type, buffered: true, durationThreshold: 16 });
  }
};
observe('layout-shift', 'event', 'first-input', 'longtask');
// What the browser keeps is looked at when somebody is about to touch the page (behind that no paint counts, and the touch is to be
// timed without us), when the page is left, or after a while: of an element that is taken away by then only its address is told.
const ABOUT_TO = ['mousemove', 'focusin'];
let looked = false;
const look = () => {
  if (!looked) {
    looked = true;
    for (const type of ABOUT_TO) removeEventListener(type, look, true);
    observe('paint', 'largest-contentful-paint', 'long-animation-frame');
    if (window.PerformanceSoftNavigation?.prototype.getLargestInteractionContentfulPaint) observe('soft-navigation', 'interaction-contentful-paint');
  }
  note(observer.takeRecords());
};
for (const type of ABOUT_TO) addEventListener(type, look, true);
setTimeout(look, LOOK_MS);

// Where in the site the page is: a fragment is a place of its own only to routers that write it as a path.
const routeNow = () => location.href.replace(/#(?![!/]).*/, '');
// An interaction that leaves the page before the next paint gets no event timing entry; how long it took is known all the same.
const handled = () => { if (unseen && !unseen.end) unseen.end = performance.now(); };
listen(window, ['mouseup', 'click', 'keydown'], (event) => { // to listen for a pointer's events costs each document
  if (!event.isTrusted) return;
  if (!looked) look(); // a finger comes without a mouse
  [touchedAt, routed] = [routeNow(), false];
  if (!unseen || event.timeStamp - unseen.start > 1) unseen = { start: event.timeStamp, kind: event.type === 'keydown' ? 'keyboard' : 'pointer', end: 0 };
  unseen.end = 0;
  setTimeout(handled);
}, true);
const unpainted = new Map();
const lookAtLast = () => {
  look();
  if (!unseen) return;
  const value = (unseen.end || performance.now()) - unseen.start;
  if (value >= UNSEEN_MS) unpainted.set(round(unseen.start), [round(unseen.start), round(value), unseen.kind]);
};

// The browser tells of a script that failed when the next step may have begun, and not when it was; frames and workers are its alone.
// What an object says that is no Error, or one of another origin's script, only the browser knows.
const failed = [];
const said = (error) => { try { return short(error?.message ?? (typeof error === 'object' ? '' : error)); } catch { return ''; } };
const fails = (error) => { if (failed.length < FAILED) failed.push([round(performance.now()), said(error)]); };
listen(window, ['error'], (event) => fails(event.error));
listen(window, ['unhandledrejection'], (event) => fails(event.reason));

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
const fetched = () => [visit(), ...requests()].filter(Boolean).map(rowOf).join(';');

// A moment by both clocks. The page's own starts with its process and drifts; `origin` is where the system's clock puts its zero by now, so
// that pages and steps share one clock.
const moment = () => { const at = performance.now(); return { at, origin: Date.now() - at }; };
const NAVIGATION = ['responseStart', 'activationStart', 'workerStart', 'fetchStart', 'domainLookupStart', 'connectStart', 'connectEnd'];
const snapshot = ({ at, origin } = moment()) => {
  const navigation = visit(), events = eventsOf(), beside = (rows, stands) => rows.filter((row) => events.some(stands(row)));
  return { id, url: (navigation?.name ?? location.href).slice(0, 500), origin, until: round(at),
    load: round(navigation?.loadEventEnd), navigation: navigation ? NAVIGATION.map((name) => round(navigation[name])) : null, hidden, types: types.join(), names,
    notes: [...told, ...shifts, ...events, ...beside(strays, strayed), ...beside(longFrames, overlapped)], interactions: touches(),
    unpainted: [...unpainted.values()], tasks, failed, fetched: fetched() };
};

// As text; old libraries have their own ideas of how an array is written.
const plain = (value) => {
  const { toJSON } = Array.prototype;
  if (!toJSON) return stringify(value);
  delete Array.prototype.toJSON;
  try { return stringify(value); } finally { Array.prototype.toJSON = toJSON; }
};
const linesAt = (when) => {
  inherit(); // a page in another process may have left late
  return [...carried, plain(snapshot(when))].join('\n');
};
let heir = false, lines = '';
listen(window, ['pageswap'], ({ activation }) => { heir = /^(http|file)/.test(activation?.entry.url); }); // null where the next is of another origin
const bequeath = () => {
  try { setItem.call(sessionStorage, PAGES, lines); } catch { return false; } // no room
  return true;
};
const writeCookies = () => {
  const coded = btoa(lines.replace(/[^\n\x20-\x7e]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')));
  const count = Math.ceil(coded.length / CHUNK);
  const chunks = Array.from({ length: count }, (_, i) => `${count}.${coded.slice(i * CHUNK, (i + 1) * CHUNK)}`);
  chunks.forEach((chunk, i) => { // a cookie costs the page a wait for another process, so none is written twice
    if (chunk !== written[i]) setCookie.call(document, `footfall-page-${id}-${i}=${chunk}; path=/-/footfall; max-age=${KEPT_S}`);
  });
  written = chunks;
};
const leave = () => {
  left = moment();
  try {
    lookAtLast();
    lines = linesAt(left);
    if (!heir || !bequeath()) writeCookies();
  } catch { /* a document without cookies (a sandbox, a file) is read while it lives, or not at all */ }
};
listen(window, ['pagehide'], leave);
listen(document, ['visibilitychange'], (event) => { // comes behind pagehide, or alone when another tab is looked at
  if (document.visibilityState !== 'hidden') { left = null; return; }
  if (left && heir) bequeath(); // again, where the site cleared its storage at pagehide
  if (left) return;
  hidden ??= round(event.timeStamp);
  leave();
});
listen(window, ['pageshow'], (event) => {
  [left, heir, written] = [null, false, []]; // what it wrote may have been read and taken away
  if (!event.persisted) return;
  carried = []; // another has it
  const row = [batch += 1, 'b', round(event.timeStamp), touches(), 0];
  told.push(row);
  requestAnimationFrame(() => requestAnimationFrame((now) => { row[4] = round(now); }));
});

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
  const showing = [...document.images].filter((image) => image.currentSrc === entry.name);
  return !showing.length || showing.some((image) => areaOf(image) > largestSize);
};
// Whether the page has loaded and the paint that shows it is still to come: its first one, or that of a picture just arrived.
const unpaintedYet = () => {
  if (document.visibilityState !== 'visible' || document.readyState !== 'complete' || touchedAt) return false;
  if (!shown) return true;
  const since = Math.max(largestAt, performance.now() - PAINT_MS);
  return requests().some((entry) => entry.responseEnd > since && isPicture(entry) && mayBeLargest(entry));
};
// A route of a single-page app is told of behind its first paint, and what it paints then each behind its own; the interaction that asked
// for it may have been told of before. One that paints nothing is never told of.
const routePainted = async () => {
  if (!touchedAt || touchedAt === routeNow() || !types.includes('soft-navigation')) return;
  const until = performance.now() + ROUTE_MS;
  do await frames(); while (!routed && performance.now() < until);
};
const painted = async () => {
  look();
  const until = performance.now() + PAINT_MS;
  while (unpaintedYet() && performance.now() < until) await frames();
  await routePainted();
};
// How long the page must still be quiet (ms) before what it painted last has been told of.
const restless = () => Math.max(visit()?.loadEventEnd ?? 0, changed) + QUIET_MS - performance.now();
const moving = () => {
  if (document.readyState !== 'complete') return true;
  if (touchedAt) return false; // the first input ends LCP
  if ([...document.images].some((image) => !image.complete && image.loading !== 'lazy')) return true;
  if (unpaintedYet()) return true;
  return restless() > 0;
};
// An interaction is told of behind its paint, if it took long enough to be told of; of one that ended a while ago nothing comes any more.
const toldOf = async () => {
  if (unseen.end && performance.now() - unseen.end > PAINT_MS) return;
  await frames();
  if (unseen) await Promise.race([pause(50), new Promise((resolve) => (requestIdleCallback ?? setTimeout)(resolve))]);
};
const settle = async (limit) => {
  look();
  const until = performance.now() + limit;
  while (performance.now() < until && moving()) await pause(restless() > 0 ? restless() : 10);
  if (unseen) await Promise.race([toldOf(), new Promise((resolve) => { seen = resolve; })]);
  else if (moving()) await frames();
  await routePainted();
};

Object.defineProperty(window, '__footfall__', {
  value: Object.freeze({
    painted,
    read: async (limit) => { await settle(limit); look(); return linesAt(); },
    handOver: (known) => { // what nobody heard is not given away
      inherit();
      carried = carried.filter((line) => !known.includes(parse(line).id));
      return carried.join('\n');
    },
  }),
});
