// The page follows the server's changes, and has nothing of its own to remember but what is being written.

import { showBetween, startBetween } from "./between.js";
import { showDesk, startDesk } from "./desk.js";
import { $, say } from "./dom.js";
import { showPhone, startPhone } from "./phone.js";

const ENDED = "The rehearsal does not answer. It may have ended: start it again, and open the address that it prints.";

startPhone();
startDesk();
startBetween();

const changes = new EventSource("/changes");
changes.addEventListener("message", (event) => {
  const shown = JSON.parse(event.data);
  showPhone(shown);
  showDesk(shown);
  showBetween(shown);
  document.body.dataset.shown = "true";
});
changes.addEventListener("open", () => {
  if ($("wrong").textContent === ENDED) say($("wrong"), "");
});
changes.addEventListener("error", () => say($("wrong"), ENDED));
