// The contact's telephone.

import { act, writing } from "./acts.js";
import { $, bubble, log, say } from "./dom.js";

export function startPhone() {
  writing("phone", {
    send: (text) => act("contact-writes", { text }),
    attach: (file) => act("contact-attaches", file),
    most: ": it reaches the agent in parts of at most 640",
  });
}

export function showPhone(shown) {
  say($("phone-title"), `${shown.person}, on the telephone`);
  say($("phone-label"), `Write as ${shown.person}`);
  say($("phone-hint"), shown.keyword ? `Write “${shown.keyword}” to ask for an agent.` : "");
  const named = shown.phone.map((message) => ({ ...message, name: message.own ? "You" : "Received" }));
  log($("phone-log"), named, (message) => bubble(message, message.own));
}
