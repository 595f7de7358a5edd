// The chat: a WebSocket that comes back by itself when it is cut.
const log = document.getElementById("log");
const state = document.getElementById("state");
const form = document.getElementById("say");
const button = form.querySelector("button");
let socket;

function add(from, text) {
  const line = document.createElement("li");
  const name = document.createElement("b");
  line.className = from;
  name.textContent = from === "you" ? "You" : log.dataset.seller;
  line.append(name, " ", text);
  log.append(line);
  line.scrollIntoView({ block: "nearest" });
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${log.dataset.socket}`);
  socket.onopen = () => { state.textContent = "Connected"; button.disabled = false; };
  socket.onmessage = (event) => {
    const said = JSON.parse(event.data);
    if (said.error) state.textContent = said.error;
    else add(said.from, said.text);
  };
  socket.onclose = () => { state.textContent = "Connection lost, trying again"; button.disabled = true; setTimeout(connect, 1000); };
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.submitter?.disabled) return;
  socket.send(JSON.stringify({ text: form.elements.text.value }));
  form.reset();
});
connect();
