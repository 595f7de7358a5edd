// Carries out the faults that live in the browser. Each one is told by a data- attribute of this script's own element.
const asked = document.currentScript.dataset;

function block(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

// A late banner pushes the whole page down. The page fills the window, so each push scores the banner's height over the
// window's longer side; pushes of at most a quarter of the score's room, a tenth of a second apart, add up in one session window.
function shift(score) {
  const longer = Math.max(innerWidth, innerHeight);
  const pushes = Math.max(1, Math.ceil((score * longer) / (innerHeight * 0.5)));
  const height = Math.round((score * longer) / pushes);
  let left = pushes;
  const push = () => {
    const banner = document.createElement("div");
    banner.className = "late-banner";
    banner.style.height = `${height}px`;
    banner.textContent = "Late offer: everything in this banner is free";
    document.body.prepend(banner);
    if (--left) setTimeout(push, 100);
  };
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(push, 0)));
}

if (asked.blockClick) addEventListener("click", () => block(Number(asked.blockClick)), true);
if (asked.brokenButton) {
  addEventListener("click", (event) => {
    if (event.target.closest?.("[data-main]")) event.preventDefault();
  }, true);
}
if (asked.layoutShift) shift(Number(asked.layoutShift));
// Last, for nothing runs behind it; not from a timer, which a page that is left at its load event may never fire.
if (asked.scriptError) throw new Error("This script error was asked for");
