// The shop's side of the card frame: goes on when the provider says that the payment was accepted.
const frame = document.querySelector(".card-frame");
const provider = new URL(frame.src).origin;
addEventListener("message", (event) => {
  if (event.origin === provider && event.source === frame.contentWindow && event.data?.payment === "succeeded") {
    location.assign(frame.dataset.after);
  }
});
