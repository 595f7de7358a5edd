// Waits until the plan has been read.
const state = document.querySelector("[role=status][data-ref]");

async function look() {
  const answer = await fetch(`/api/forms/${state.dataset.ref}`);
  if (!answer.ok) throw new Error(answer.status);
  const form = await answer.json();
  const pages = form.pages ? `: ${form.pages} page${form.pages === 1 ? "" : "s"}` : "";
  state.textContent = form.status_text + pages;
  return form.status === "received";
}

// One answer that does not come is no reason to stop asking.
async function follow() {
  if (await look().catch(() => true)) setTimeout(follow, 250);
}
setTimeout(follow, 250);
