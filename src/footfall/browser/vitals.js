// Runs in an engine of its own, behind the walk, with Google's web-vitals: `vitalsOf(text)` gives the library again what the browser told
// a page (collector.js), batch by batch, and returns what it says of it. All that web-vitals asks of a browser is in here; each page gets
// a library of its own, for it remembers.
const TEXT = 120; // pages.py
const short = (text) => (text ? String(text).slice(0, TEXT) : undefined);
const round = (number, digits = 1) => (number === undefined ? undefined : Number(number.toFixed(digits)));

// The entries as the browser had them, of the rows behind batch and letter; texts stand in the page's `names`.
const entriesOf = (names) => {
  const paint = ([startTime, renderTime, url, element, asked, responseEnd]) => ({ entryType: 'largest-contentful-paint', startTime, duration: 0,
    renderTime, url: names[url], element: names[element],
    picture: asked ? [{ name: names[url], startTime: asked, requestStart: asked, responseEnd }] : [] });
  const content = ([startTime, duration, interactionId, largest]) => ({ entryType: 'interaction-contentful-paint', startTime, duration, interactionId,
    largestContentfulPaint: largest && paint(largest), picture: largest ? paint(largest).picture : [] });
  return {
    p: ([startTime]) => ({ entryType: 'paint', name: 'first-contentful-paint', startTime, duration: 0 }),
    l: paint,
    s: ([startTime, value, place, largest = value, at = startTime]) => ({ entryType: 'layout-shift', startTime, duration: 0, value, largest, at,
      hadRecentInput: false, sources: place === null ? [] : [{ node: names[place] }] }),
    e: ([name, startTime, duration, processingStart, processingEnd, interactionId, target]) => ({ entryType: 'event', name: names[name], startTime,
      duration, processingStart, processingEnd, interactionId, target: names[target] }),
    f: ([startTime, duration, scripts]) => ({ entryType: 'long-animation-frame', startTime, duration, styleAndLayoutStart: startTime + duration,
      scripts: scripts.map(([startTime, duration, source]) => ({ startTime, duration, sourceURL: names[source], forcedStyleAndLayoutDuration: 0 })) }),
    i: content,
    n: ([startTime, duration, name, navigationId, interactionId, paintTime, interactions, largest]) => ({ entryType: 'soft-navigation', startTime,
      duration, name: names[name], navigationId, interactionId, paintTime, interactions, picture: largest ? content(largest).picture : [],
      getLargestInteractionContentfulPaint: () => largest && content(largest) }),
  };
};

class PerformanceNavigationTiming {
  constructor(name, [responseStart, activationStart, workerStart, fetchStart, domainLookupStart, connectStart, connectEnd]) {
    Object.assign(this, { name, responseStart, activationStart, workerStart, fetchStart, domainLookupStart, connectStart, connectEnd });
  }
}
class PerformanceEventTiming { get interactionId() { return 0; } }
class PerformanceSoftNavigation { getLargestInteractionContentfulPaint() {} }

// The browser that `page` was in, as far as web-vitals asks it. Nothing in it happens by itself: `tell(rows)` brings a batch of entries,
// `leave()` hides the page.
const browserOf = (page) => {
  const tasks = [], idle = [], frames = [], past = [], entry = entriesOf(page.names), observers = new Set();
  const listeners = { pageshow: new Set(), visibilitychange: new Set() };
  const timeline = { navigation: page.navigation ? [new PerformanceNavigationTiming(page.url, page.navigation)] : [],
    'visibility-state': page.hidden === null ? [] : [{ name: 'hidden', startTime: page.hidden }], resource: [] };
  const later = (task) => { tasks.push(task); };
  const run = (queue) => { while (queue.length) queue.shift()(); };
  const bring = (observer, entries) => { if (entries.length) later(() => observer.callback({ getEntries: () => entries })); };
  class PerformanceObserver {
    static supportedEntryTypes = page.types.split(',');
    constructor(callback) { Object.assign(this, { callback, types: new Set() }); }
    observe({ type }) {
      this.types.add(type);
      observers.add(this);
      bring(this, past.filter((entry) => entry.entryType === type));
    }
    takeRecords() { return []; }
    disconnect() { observers.delete(this); }
  }
  const scope = { Date, PerformanceObserver, PerformanceNavigationTiming, PerformanceEventTiming, PerformanceSoftNavigation, setTimeout: later,
    clearTimeout: () => {}, queueMicrotask: later, requestAnimationFrame: (task) => { frames.push(task); }, requestIdleCallback: (task) => { idle.push(task); },
    cancelIdleCallback: () => {}, document: { visibilityState: 'visible', readyState: 'complete' },
    performance: { at: page.until, now() { return this.at; }, interactionCount: 0, getEntriesByType: (type) => timeline[type] ?? [] },
    addEventListener: (type, listener) => listeners[type]?.add(listener), removeEventListener: (type, listener) => listeners[type]?.delete(listener) };
  scope.globalThis = scope;
  const happen = (type, event) => { for (const listener of [...listeners[type]]) listener({ type, isTrusted: true, ...event }); };
  const comeBack = (timeStamp, interactions, shownAt) => { // from the browser's cache of whole pages
    run(idle);
    run(tasks);
    scope.performance.interactionCount = interactions;
    happen('pageshow', { persisted: true, timeStamp });
    run(tasks);
    scope.performance.at = shownAt;
    while (shownAt && frames.length) frames.shift()();
    frames.length = 0;
    scope.performance.at = page.until;
  };
  return {
    scope,
    tell: (rows) => {
      if (rows[0]?.[1] === 'b') { comeBack(...rows[0].slice(2)); return; }
      const waiting = idle.splice(0); // what came together with an interaction, or just behind it, is known when web-vitals looks at it
      const entries = rows.map(([, letter, ...row]) => entry[letter](row));
      timeline.resource.push(...entries.flatMap((entry) => entry.picture ?? []));
      past.push(...entries);
      for (const observer of observers) bring(observer, entries.filter((entry) => observer.types.has(entry.entryType)));
      run(tasks);
      run(waiting);
      run(tasks);
      for (const route of entries.filter(({ entryType }) => entryType === 'soft-navigation')) scope.performance.interactionCount = route.interactions;
    },
    leave: () => {
      run(idle);
      run(tasks);
      scope.performance.interactionCount = page.interactions;
      scope.document.visibilityState = 'hidden';
      happen('visibilitychange', { timeStamp: page.until });
      run(tasks);
    },
  };
};

const DETAILS = {
  LCP: (a) => ({ element: short(a.target), resource: short(a.url), ttfb: round(a.timeToFirstByte), load_delay: round(a.resourceLoadDelay),
    load_time: round(a.resourceLoadDuration), render_delay: round(a.elementRenderDelay) }),
  INP: (a) => ({ element: short(a.interactionTarget), kind: a.interactionType, input_delay: round(a.inputDelay), processing: round(a.processingDuration),
    presentation: round(a.presentationDelay), script: short(a.longestScript?.entry?.sourceURL) }),
  CLS: (_, shifts) => { // as web-vitals tells it, where one may stand for several
    const worst = shifts.filter(({ sources }) => sources.length).reduce((most, shift) => (most?.largest > shift.largest ? most : shift), null);
    return worst ? { element: short(worst.sources[0].node), largest: round(worst.largest, 5), at: round(worst.at) } : {};
  },
  FCP: (a) => ({ ttfb: round(a.timeToFirstByte), render: round(a.firstByteToFCP) }),
  TTFB: (a) => ({ waiting: round(a.waitingDuration), cache: round(a.cacheDuration), dns: round(a.dnsDuration), connection: round(a.connectionDuration),
    request: round(a.requestDuration) }),
};
let begin = null;
const library = (scope) => (begin ??= new Function(...Object.keys(scope), `${WEB_VITALS}; return webVitals;`))(...Object.values(scope));

// The latest value of each metric, by the metric and, of interactions, by interaction.
const listened = (page) => {
  const browser = browserOf(page), webVitals = library(browser.scope), values = new Map();
  const keep = (metric, at, key) => {
    const soft = metric.navigationType === 'soft-navigation';
    if (soft && metric.name === 'TTFB') return; // always 0: nothing was fetched
    values.set(key, { name: metric.name.toLowerCase(), value: round(metric.value, metric.name === 'CLS' ? 5 : 1), at: round(at), soft,
      url: short(metric.navigationURL), detail: DETAILS[metric.name](metric.attribution, metric.entries) });
  };
  const options = { reportAllChanges: true, reportSoftNavs: true, generateTarget: (place) => place };
  const loading = (metric) => keep(metric, metric.navigationStartTime ?? 0, metric.id);
  for (const on of ['onTTFB', 'onFCP', 'onLCP', 'onCLS']) webVitals[on](loading, options);
  const nameOf = (metric) => `inp${metric.entries[0]?.interactionId || metric.id}`;
  const interacting = (metric) => keep(metric, metric.attribution.interactionTime ?? metric.navigationStartTime ?? 0, nameOf(metric));
  if (page.notes.some(([, letter]) => letter === 'e')) /* few pages are touched */ webVitals.onINP(interacting, { ...options, durationThreshold: 16 });
  const batches = new Map([[0, []]]);
  // Of paints in one frame the last is the largest, and web-vitals tells of the first: for it, the value is the same.
  const told = page.notes.filter(([, letter, at], place, all) => letter !== 'l' || all[place + 1]?.[1] !== 'l' || all[place + 1][2] !== at);
  for (const row of told.sort(([a], [b]) => a - b)) {
    if (!batches.has(row[0])) batches.set(row[0], []);
    batches.get(row[0]).push(row);
  }
  for (const rows of batches.values()) browser.tell(rows);
  browser.leave();
  return values;
};

// web-vitals tells of the page's slowest interactions, with all that lies behind them; of the others the browser's own entries tell as
// much as a step needs, and of one that left the page before the next paint that it was there.
const vitals = (page) => {
  const values = listened(page), { e: eventOf } = entriesOf(page.names);
  for (const [, letter, ...row] of page.notes) {
    const entry = letter === 'e' && eventOf(row), key = `inp${entry.interactionId}`;
    if (!entry.interactionId || values.get(key)?.value >= entry.duration) continue;
    values.set(key, { name: 'inp', value: entry.duration, at: entry.startTime, soft: false, detail: {
      element: short(entry.target), kind: entry.name.startsWith('key') ? 'keyboard' : 'pointer', input_delay: round(entry.processingStart - entry.startTime),
      processing: round(entry.processingEnd - entry.processingStart),
      presentation: round(Math.max(entry.startTime + entry.duration - entry.processingEnd, 0)) } });
  }
  const unpainted = page.unpainted.map(([at, value, kind]) => ({ name: 'inp', value, at, soft: false, detail: { kind, painted: false } }));
  return [...values.values(), ...unpainted];
};
globalThis.vitalsOf = (text) => JSON.stringify(vitals(JSON.parse(text)));
