// The supplier's dashboard: one page, routes in the browser, everything from the API.
const view = document.getElementById("view");
const title = document.getElementById("title");
const state = document.getElementById("state");
let turn = 0; // which navigation this is
const csrf = document.querySelector("meta[name=csrf]").content;
const NEXT = { accepted: ["preparing", "Start preparing"], preparing: ["on_the_way", "Send out"], on_the_way: ["delivered", "Mark as delivered"] };
const euros = (cents) => `€${(cents / 100).toFixed(2)}`;

async function api(path, body) {
  const asked = body && { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: JSON.stringify(body) };
  const answer = await fetch(`/api/supplier/orders${path}`, asked);
  const said = await answer.json();
  if (answer.status === 401) location.assign(`/login?next=${location.pathname}`);
  if (!answer.ok) throw new Error(said.error.message);
  return said;
}

// A small maker of elements: text is always text, so nothing that a customer wrote can become markup.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// Heading and status stay the same elements, so that a screen reader hears what changes in them.
function show(heading, status, ...children) {
  document.title = `${heading} · Corner`;
  title.textContent = heading;
  state.textContent = status;
  view.replaceChildren(...children);
  for (const link of document.querySelectorAll("nav[aria-label=Dashboard] a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function list(heading, { orders }) {
  const rows = orders.map((order) => make("li", {},
    make("a", { href: `/supplier/orders/${order.ref}` }, `Order ${order.ref}`),
    make("p", {}, order.items.map((item) => `${item.quantity} × ${item.name}`).join(", ")),
    make("p", { class: "facts" }, `${order.city} · ${order.status_text} · ${euros(order.amount_cents)}`)));
  show(heading, "", rows.length ? make("ul", { class: "services" }, ...rows) : make("p", {}, "Nothing here just now."));
}

function field(id, label, value, most) {
  return make("div", { class: "field" }, make("label", { for: id }, label),
    make("input", { id, name: id, type: "number", min: "0", max: most, step: id === "fee" ? "0.01" : "1", value, required: "" }));
}

function offerForm(ref) {
  const send = async (event) => {
    event.preventDefault();
    const { fee, minutes } = Object.fromEntries(new FormData(event.target));
    await act(ref, "offers", { fee_cents: Math.round(Number(fee) * 100), minutes: Number(minutes) });
  };
  return make("form", { class: "fields", onsubmit: send }, field("fee", "Delivery fee (€)", "5.00", "1000"),
    field("minutes", "Minutes to delivery", "45", "10000"), make("button", { class: "button", "data-main": "" }, "Make offer"));
}

const alarm = (message) => make("p", { class: "alert", role: "alert" }, message);

async function act(ref, what, body) {
  const mine = turn;
  try {
    const order = await api(`/${ref}/${what}`, body);
    if (mine !== turn) return;
    draw(order);
    (view.querySelector("button") ?? title).focus();
  } catch (error) {
    if (mine !== turn) return;
    view.querySelector("[role=alert]")?.remove();
    view.append(alarm(error.message));
  }
}

function draw(order) {
  const [next, name] = NEXT[order.status] ?? [];
  const lines = order.items.map((item) => make("tr", {}, make("th", { scope: "row" }, item.name),
    make("td", {}, `${item.quantity} ×`), make("td", { class: "number" }, euros(item.quantity * item.price_cents))));
  show(`Order ${order.ref}`, order.status_text,
    make("p", { class: "lead" }, `For ${order.name} in ${order.city}, ${euros(order.amount_cents)}`),
    make("table", { class: "summary" }, make("tbody", {}, ...lines)),
    make("p", {}),
    ...(order.status === "open" ? [offerForm(order.ref)] : []),
    ...(next ? [make("button", { class: "button", "data-main": "", onclick: () => act(order.ref, "status", { status: next }) }, name)] : []));
}

// Draws the route that the address names, unless another one was chosen before its answer came.
async function route() {
  const mine = ++turn;
  const [, , part, ref] = location.pathname.split("/");
  try {
    const said = await api(part === "orders" ? `/${ref}` : `?status=${part === "mine" ? "mine" : "open"}`);
    if (mine !== turn) return false;
    if (part === "orders") draw(said);
    else list(part === "mine" ? "My orders" : "Open orders", said);
  } catch (error) {
    if (mine !== turn) return false;
    show("Something went wrong", "", alarm(error.message));
  }
  return true;
}

addEventListener("popstate", route);
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href^='/supplier']");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  if (await route()) title.focus();
});
route();
