// The supplier's dashboard: one page, routes in the browser, everything from the API.
const view = document.getElementById("view");
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

function show(title, ...children) {
  document.title = `${title} · Corner`;
  view.replaceChildren(make("h1", { tabindex: "-1" }, title), ...children);
  for (const link of document.querySelectorAll("nav[aria-label=Dashboard] a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

async function list(title, status) {
  const { orders } = await api(`?status=${status}`);
  const rows = orders.map((order) => make("li", {},
    make("a", { href: `/supplier/orders/${order.ref}` }, `Order ${order.ref}`),
    make("p", {}, order.items.map((item) => `${item.quantity} × ${item.name}`).join(", ")),
    make("p", { class: "facts" }, `${order.city} · ${order.status_text} · ${euros(order.amount_cents)}`)));
  show(title, rows.length ? make("ul", { class: "services" }, ...rows) : make("p", {}, "Nothing here just now."));
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

async function act(ref, what, body) {
  try {
    draw(await api(`/${ref}/${what}`, body));
  } catch (error) {
    view.append(make("p", { class: "alert", role: "alert" }, error.message));
  }
}

function draw(order) {
  const [next, name] = NEXT[order.status] ?? [];
  const lines = order.items.map((item) => make("tr", {}, make("th", { scope: "row" }, item.name),
    make("td", {}, `${item.quantity} ×`), make("td", { class: "number" }, euros(item.quantity * item.price_cents))));
  show(`Order ${order.ref}`,
    make("p", { class: "state", role: "status" }, order.status_text),
    make("p", { class: "lead" }, `For ${order.name} in ${order.city}, ${euros(order.amount_cents)}`),
    make("table", { class: "summary" }, make("tbody", {}, ...lines)),
    make("p", {}),
    ...(order.status === "open" ? [offerForm(order.ref)] : []),
    ...(next ? [make("button", { class: "button", "data-main": "", onclick: () => act(order.ref, "status", { status: next }) }, name)] : []));
}

async function route() {
  const [, , part, ref] = location.pathname.split("/");
  try {
    if (part === "orders") draw(await api(`/${ref}`));
    else if (part === "mine") await list("My orders", "mine");
    else await list("Open orders", "open");
  } catch (error) {
    show("Something went wrong", make("p", { class: "alert", role: "alert" }, error.message));
  }
}

addEventListener("popstate", route);
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href^='/supplier']");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", link.href);
  await route();
  view.querySelector("h1")?.focus();
});
route();
