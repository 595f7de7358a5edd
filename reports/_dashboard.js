// Keeps the page up to date. The server draws every section; this only puts what has changed in its place.
// Events come as a stream. Where none arrives for a while (a proxy holds it back, the watch restarts), the page asks instead, and
// goes on trying the stream, less and less often.
"use strict";
(() => {
  const SILENCE_MS = 15000, ASK_MS = 5000, LONGEST_MS = 60000, STALE_MS = 12000;
  const find = (id) => document.getElementById(id);
  const page = document.body.dataset;
  const live = find("live"), away = find("away"), told = find("told"), bell = find("notify");
  const name = page.address.match(/^\/incidents\/(.+)$/)?.[1] ?? "";
  const known = new Set(JSON.parse(page.alarms).map((alarm) => alarm.number));
  let digest = page.digest, heard = Date.now(), streaming = false, fails = 0;
  let source = null, asking = 0, trying = 0;

  const address = (path) => `${path}?${new URLSearchParams({ ...(name ? { incident: name } : {}), last: digest })}`;

  // What is shown

  const put = (id, html) => {
    const place = find(id), focused = place.contains(document.activeElement) ? document.activeElement : null;
    const caret = focused?.selectionStart ?? null;
    const typed = [...place.querySelectorAll("input[id]")].map((field) => [field.id, field.value]);
    const open = [...place.querySelectorAll("details[id][open]")].map((fold) => fold.id);
    place.innerHTML = html;
    typed.forEach(([key, value]) => { const field = find(key); if (field) field.value = value; });
    open.forEach((key) => find(key)?.setAttribute("open", ""));
    const again = focused?.id ? find(focused.id) : null;
    again?.focus({ preventScroll: true });
    if (again && caret !== null && again.setSelectionRange) again.setSelectionRange(caret, caret);
  };

  const apply = (update) => {
    digest = update.digest;
    Object.entries(update.sections).forEach(([id, html]) => put(id, html));
    document.title = document.title.replace(/^.*(?= · )/, () => update.title);
    told.textContent = update.title;
    update.alarms.forEach(alarm);
    ages();
  };

  const ago = (ms) => {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 60) return `${seconds} s ago`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
    return seconds < 172800 ? `${Math.round(seconds / 3600)} h ago` : "";
  };

  const say = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const ages = () => document.querySelectorAll("time[data-age]").forEach((time) => {
    time.title ||= time.textContent;
    say(time, ago(Date.now() - Date.parse(time.dateTime)) || time.title);
  });

  const tell = () => {
    const silent = Date.now() - heard;
    const mode = silent > STALE_MS ? "stale" : streaming ? "live" : "asking";
    live.dataset.mode = mode;
    say(live, mode === "stale" ? `last heard ${ago(silent)}, trying again` : mode === "live" ? "live" : `asks every ${ASK_MS / 1000} s`);
    ages();
    if (source && streaming && silent > SILENCE_MS) lost();
  };

  // How it comes

  const hear = (stream) => {
    heard = Date.now();
    away.hidden = true;
    if (stream) { streaming = true; fails = 0; }
    tell();
  };

  const trouble = (problem) => { away.hidden = false; say(away, `The store is away, so what stands below is old: ${problem}`); };

  const connect = () => {
    clearTimeout(trying);
    source?.close();
    const mine = source = new EventSource(address("/events"));
    mine.addEventListener("now", (event) => { hear(true); apply(JSON.parse(event.data)); });
    mine.addEventListener("beat", () => hear(true));
    mine.addEventListener("away", (event) => { hear(true); trouble(JSON.parse(event.data).problem); });
    mine.onerror = lost;
    setTimeout(() => { if (source === mine && !streaming) lost(); }, SILENCE_MS);
  };

  const lost = () => {
    source?.close();
    source = null;
    streaming = false;
    fails += 1;
    clearTimeout(trying);
    trying = setTimeout(connect, Math.min(LONGEST_MS, 1000 * 2 ** Math.min(fails - 1, 6)) * (0.75 + Math.random() / 2));
    tell();
    ask();
  };

  const ask = async () => {
    clearTimeout(asking);
    if (streaming) return;
    try {
      const answer = await fetch(address("/now.json"), { cache: "no-store" });
      if (answer.status === 401) return location.reload();
      if (answer.status === 503) { heard = Date.now(); trouble("it does not answer"); }
      if (answer.ok) hear(false);
      if (answer.status === 200) apply(await answer.json());
    } catch { /* it does not answer: the page says since when */ }
    clearTimeout(asking);
    asking = setTimeout(ask, ASK_MS);
  };

  // Who is told

  const wanted = () => localStorage.getItem("footfall-notify") === "yes" && Notification.permission === "granted";

  const alarm = ({ number, title, problem }) => {
    if (known.has(number)) return;
    known.add(number);
    if (!("Notification" in window) || !wanted()) return;
    const note = new Notification(title, { body: problem, tag: `footfall-${number}`, requireInteraction: true });
    note.onclick = () => { window.focus(); location.assign(`/incidents/${number}`); };
  };

  const ring = () => {
    bell.setAttribute("aria-pressed", String(wanted()));
    say(bell, Notification.permission === "denied" ? "Your browser forbids notifications"
      : wanted() ? "Notifying of critical incidents" : "Notify me of critical incidents");
    bell.disabled = Notification.permission === "denied";
  };

  if ("Notification" in window && page.address === "/") {
    bell.hidden = false;
    ring();
    bell.addEventListener("click", async () => {
      const on = !wanted() && (await Notification.requestPermission()) === "granted";
      localStorage.setItem("footfall-notify", on ? "yes" : "no");
      ring();
    });
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && !streaming) connect(); });
  setInterval(tell, 1000);
  connect();
  tell();
})();
