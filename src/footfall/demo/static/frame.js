// The provider's card form. It speaks to the shop's page only through one message, to that page's origin.
const { intent, shop } = document.body.dataset;
const part = (id) => document.getElementById(id);

// What is wrong with the card is said of its fields; the button keeps the focus unless one of them is to be mended.
function mark(wrong) {
  for (const id of ["number", "expiry", "cvc"]) {
    part(id).removeAttribute("aria-invalid");
    part(id).removeAttribute("aria-describedby");
    if (wrong[id]) {
      part(id).setAttribute("aria-invalid", "true");
      part(id).setAttribute("aria-describedby", "alert");
    }
  }
  document.querySelector("[aria-invalid]")?.focus();
}

async function ask(button, path, body) {
  if (button.ariaDisabled === "true") return "";
  part("alert").hidden = true;
  mark({});
  button.ariaDisabled = "true";
  part("status").textContent = "One moment…";
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const said = await answer.json();
    if (!answer.ok) {
      mark(said.error.fields ?? {});
      throw new Error(said.error.message);
    }
    return said.status;
  } catch (error) {
    part("alert").textContent = error instanceof TypeError ? "The payment provider cannot be reached." : error.message;
    part("alert").hidden = false;
    return "";
  } finally {
    button.ariaDisabled = "false";
    part("status").textContent = "";
  }
}

function follow(status) {
  if (status === "requires_confirmation") {
    part("card").hidden = true;
    part("bank").hidden = false;
    part("confirm").focus();
  } else if (status === "succeeded") {
    part("card").hidden = part("bank").hidden = true;
    part("status").textContent = "Payment accepted";
    parent.postMessage({ payment: "succeeded" }, shop);
  }
}

part("card").addEventListener("submit", async (event) => {
  event.preventDefault();
  const card = Object.fromEntries(new FormData(event.target));
  follow(await ask(part("pay"), "/v1/payments", { intent, card }));
});
part("confirm").addEventListener("click", async () => {
  follow(await ask(part("confirm"), `/v1/payments/${intent}/confirm`, {}));
});
