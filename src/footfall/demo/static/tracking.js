// Follows an order: asks once a second, says what has changed, loads the page anew when there is something to do.
const state = document.querySelector("[role=status][data-ref]");

async function look() {
  const answer = await fetch(`/api/orders/${state.dataset.ref}`);
  const order = await answer.json();
  if (!answer.ok || order.status === state.dataset.status) return;
  if (order.status === "offered" || state.dataset.status === "offered" || state.dataset.status === "awaiting_payment") return location.reload();
  state.dataset.status = order.status;
  state.textContent = order.status_text;
  let reached = true;
  for (const step of document.querySelectorAll(".progress li")) {
    step.classList.toggle("done", reached);
    if (step.dataset.state === order.status) reached = false;
  }
}

async function follow() {
  if (!document.hidden) await look().catch(() => {});
  if (state.dataset.status !== "delivered") setTimeout(follow, 1000);
}
setTimeout(follow, 1000);
