// Replaces each picture of the trends page by one that zooms and tells its figures. Without scripts the pictures stay as they are.
(() => {
  'use strict';
  const told = document.getElementById('course');
  if (!told || !window.uPlot) return;
  const course = JSON.parse(told.textContent);
  const first = course.x[0], last = course.x[course.x.length - 1];
  const runs = new Map(course.runs.map((run) => [run[0], run]));
  const drawn = new Map();
  let range = [first, last];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const STEPS = { ms: [[86.4e6, ' d'], [3.6e6, ' h'], [6e4, ' min'], [1e3, ' s'], [1, ' ms']], bytes: [[1e9, ' GB'], [1e6, ' MB'], [1e3, ' KB'], [1, ' B']],
    ratio: [[0.01, ' %']], per_s: [[1, '/s']], days: [[1, ' days']], count: [[1, '']], score: [[1, '']] };
  const written = (value, unit) => {
    if (value === null || value === undefined) return '–';
    const steps = STEPS[unit] || [[1, ' ' + unit]];
    const [scale, suffix] = steps.find(([least]) => Math.abs(value) >= least) || steps[steps.length - 1];
    return Number((value / scale).toPrecision(3)).toLocaleString('en', { maximumSignificantDigits: 3 }) + suffix;
  };
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const two = (number) => String(number).padStart(2, '0');
  const when = (seconds) => {
    const at = new Date(seconds * 1000);
    return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}, ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  };
  const dated = (seconds, step) => step >= 86400 ? when(seconds).split(',')[0] : when(seconds).replace(',', '');
  const near = (marks, plot, x) => marks.find(([at]) => Math.abs(plot.valToPos(at, 'x') - x) < 5);

  const line = (plot, value, stroke, dash) => {
    const y = plot.valToPos(value, 'y', true), { left, width } = plot.bbox, pen = plot.ctx;
    pen.save(); pen.strokeStyle = stroke; pen.lineWidth = devicePixelRatio * 1.5; pen.setLineDash(dash);
    pen.beginPath(); pen.moveTo(left, y); pen.lineTo(left + width, y); pen.stroke(); pen.restore();
  };
  const post = (plot, at, stroke, dash) => {
    const x = plot.valToPos(at, 'x', true), { top, height, left, width } = plot.bbox, pen = plot.ctx;
    if (x < left || x > left + width) return;
    pen.save(); pen.strokeStyle = stroke; pen.lineWidth = devicePixelRatio * 1.5; pen.setLineDash(dash);
    pen.beginPath(); pen.moveTo(x, top); pen.lineTo(x, top + height); pen.stroke(); pen.restore();
  };

  const options = (chart, width, tell) => {
    const soft = colour('--soft'), accent = colour('--accent'), hair = colour('--hair');
    const axis = { stroke: soft, grid: { stroke: hair, width: 1 }, ticks: { stroke: hair, width: 1, size: 4 }, font: '11px sans-serif' };
    const series = [{}, { stroke: accent, width: 1.5, spanGaps: true, points: { show: course.x.length < 80, size: 5, fill: accent } },
      { stroke: soft, width: 1, spanGaps: true, points: { show: false } }];
    if (chart.low) series.push({ points: { show: false }, spanGaps: true }, { points: { show: false }, spanGaps: true });
    return {
      width, height: 164, series, legend: { show: false }, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), 'Etc/UTC'),
      bands: chart.low ? [{ series: [4, 3], fill: accent + '22' }] : [],
      cursor: { sync: { key: 'course' }, y: false, drag: { x: true, y: false } },
      scales: { x: { time: true, min: range[0], max: range[1] }, y: { range: (plot, low, high) => limits(chart, low, high) } },
      axes: [{ ...axis, space: 64, size: 28, values: (plot, ticks, at, space, step) => ticks.map((tick) => dated(tick, step)) }, { ...axis, size: 58, values: (plot, ticks) => ticks.map((tick) => written(tick, chart.unit)) }],
      hooks: {
        draw: [(plot) => {
          if (chart.limit !== null) line(plot, chart.limit, colour('--fail'), [6, 4]);
          for (const [at] of course.deployments) post(plot, at, accent, [2, 3]);
          for (const [at] of chart.changes) post(plot, at, colour('--unsure'), []);
        }],
        setCursor: [(plot) => tell(plot)],
      },
    };
  };

  // A few per cent of noise look like a few per cent; a limit far away does not press the line flat.
  const limits = (chart, low, high) => {
    if (low === null || high === null) return [0, 1];
    if (chart.limit !== null && chart.limit >= 0.2 * high && chart.limit <= 2.5 * high) { low = Math.min(low, chart.limit); high = Math.max(high, chart.limit); }
    const missing = Math.max(0, 0.5 * Math.abs(high + low) / 2 - (high - low)) || (high > low ? 0 : 1);
    const room = (high - low) * 0.08;
    const top = high + missing / 2 + room, whole = chart.unit === 'ratio' && high <= 1;
    return [low >= 0 ? Math.max(0, low - missing / 2 - room) : low - missing / 2 - room, whole ? Math.min(top, 1 + room / 4) : top];
  };

  const build = (figure) => {
    const chart = course.charts[figure.dataset.chart], still = figure.querySelector('svg');
    if (!chart || !still || drawn.has(figure)) return;
    const place = document.createElement('div'), words = document.createElement('p');
    place.className = 'live'; place.setAttribute('role', 'img'); place.setAttribute('aria-label', still.getAttribute('aria-label'));
    words.className = 'told'; words.setAttribute('aria-hidden', 'true');
    still.style.display = 'none';
    still.after(place, words);
    const tell = (plot) => {
      const n = plot.cursor.idx, x = plot.cursor.left;
      if (n === null || n === undefined || x < 0) { words.textContent = ''; return; }
      const run = runs.get(course.x[n]);
      const parts = [when(course.x[n]), written(chart.y[n], chart.unit)];
      if (chart.low && chart.y[n] !== null) parts.push(`${written(chart.low[n], chart.unit)} to ${written(chart.high[n], chart.unit)}`);
      if (run) parts.push(...[run[2], run[3]].filter(Boolean));
      const mark = near(chart.changes, plot, x) || near(course.deployments, plot, x);
      if (mark) parts.push(mark[1]);
      words.textContent = parts.join(' · ');
    };
    const data = [course.x, chart.y, chart.smooth, ...(chart.low ? [chart.low, chart.high] : [])];
    drawn.set(figure, new uPlot(options(chart, place.clientWidth, tell), data, place));
  };

  const watcher = new IntersectionObserver((seen) => seen.forEach((each) => {
    if (each.isIntersecting) { watcher.unobserve(each.target); build(each.target); }
  }), { rootMargin: '400px' });
  const figures = [...document.querySelectorAll('figure[data-chart]')];
  figures.forEach((figure) => watcher.observe(figure));

  const ranges = document.querySelector('.ranges');
  ranges.hidden = false;
  ranges.addEventListener('click', (event) => {
    const days = event.target.dataset.days;
    if (days === undefined) return;
    range = Number(days) ? [Math.max(first, last - Number(days) * 86400), last] : [first, last];
    for (const button of ranges.querySelectorAll('button')) button.setAttribute('aria-pressed', String(button === event.target));
    for (const plot of drawn.values()) plot.setScale('x', { min: range[0], max: range[1] });
  });
  const again = () => { for (const [figure, plot] of drawn) { plot.root.parentElement.nextElementSibling.remove(); plot.root.parentElement.remove(); plot.destroy(); drawn.delete(figure);
    figure.querySelector('svg').style.display = ''; watcher.observe(figure); } };
  let later = 0;
  addEventListener('resize', () => { clearTimeout(later); later = setTimeout(again, 150); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
})();
