// Waits until the plan has been read.
const state = document.querySelector("[role=status][data-ref]");

async function look() {
  const form = await (await fetch(`/api/forms/${state.dataset.ref}`)).json();
  const pages = form.pages ? `: ${form.pages} page${form.pages === 1 ? "" : "s"}` : "";
  state.textContent = form.status_text + pages;
  if (form.status === "received") setTimeout(look, 250);
}
setTimeout(look, 250);
