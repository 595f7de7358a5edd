// Shows quotes as they come.
const form = document.getElementById("quotes");
const list = document.getElementById("list");
const state = document.getElementById("state");

function row(quote) {
  const line = document.createElement("li");
  const price = document.createElement("p");
  const button = document.createElement("button");
  price.className = "price";
  price.textContent = `€${(quote.amount_cents / 100).toFixed(2)}`;
  Object.assign(button, { className: "button", name: "quote", value: quote.id, textContent: `Book ${quote.vendor}` });
  button.dataset.main = "";
  line.append(price, button);
  return line;
}

async function look() {
  const answer = await fetch(`/api/jobs/${form.dataset.ref}`);
  if (!answer.ok) throw new Error(answer.status);
  const job = await answer.json();
  for (const quote of job.quotes.slice(list.children.length)) list.append(row(quote));
  state.textContent = job.complete ? `${job.quotes.length} quotes` : "Waiting for quotes";
  return !job.complete;
}

// One answer that does not come is no reason to stop asking.
async function follow() {
  if (await look().catch(() => true)) setTimeout(follow, 200);
}
follow();
