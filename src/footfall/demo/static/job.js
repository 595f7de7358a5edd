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
  const job = await (await fetch(`/api/jobs/${form.dataset.ref}`)).json();
  for (const quote of job.quotes.slice(list.children.length)) list.append(row(quote));
  state.textContent = job.complete ? `${job.quotes.length} quotes` : "Waiting for quotes";
  if (!job.complete) setTimeout(look, 200);
}
look();
