// The agents' desk: which chat is open, who answers, and what can be done with a chat.

import { act, writing } from "./acts.js";
import { $, bubble, element, list, log, say } from "./dom.js";

let shown = null;
let open = ""; // the chat that is looked at
let chosen = false; // by somebody; else the newest one is
let editing = "";
let text = null;

export function startDesk() {
  text = writing("desk", {
    send: async (words) => {
      if (!editing) return act("answer", { room: open, agent: agent(), text: words });
      const done = await act("edit", { message: editing, agent: agent(), text: words });
      if (done) edit(null);
      return done;
    },
    attach: (file) => act("agent-attaches", { room: open, agent: agent(), ...file }),
    most: ": it is refused, and you are told so in the chat",
  });
  $("agent").addEventListener("change", render);
  $("desk-keep").addEventListener("click", () => edit(null));
}

export function showDesk(now) {
  shown = now;
  const chats = shown.chats;
  if (!chosen || !chats.some((chat) => chat.id === open)) open = (chats.find(isOpen) || chats[0] || { id: "" }).id;
  list($("agent"), shown.agents.map((each) => ({ id: each.username, ...each })), (each) =>
    element("option", { value: each.username }, each.name));
  render();
}

const agent = () => $("agent").value;
const isOpen = (chat) => chat.state !== "closed";

function render() {
  const chat = shown.chats.find((each) => each.id === open);
  const inList = shown.chats.map(({ id, name, standing }, n) => ({ id, name, standing, n: shown.chats.length - n, current: id === open }));
  list($("chats"), inList, chatButton);
  say($("chat-standing"), chat ? chat.standing : "No chat yet");
  list($("chat-tools"), chat && isOpen(chat) ? tools(chat) : [], toolButton);
  log($("desk-log"), chat ? chat.messages.map((message) => ({ ...message, may: mayEdit(chat, message) })) : [], line);
  const may = Boolean(chat) && isOpen(chat);
  for (const each of $("desk-form").elements) each.disabled = !may;
}

function chatButton(item) {
  const button = element("button", { type: "button", "aria-current": item.current ? "true" : null },
    `Chat ${item.n}: ${item.name}. ${item.standing}`);
  button.addEventListener("click", () => {
    open = item.id;
    chosen = true;
    edit(null);
    render();
  });
  return element("li", {}, button);
}

// What this agent can do with this chat, each with what is told to the server.
function tools(chat) {
  const given = { room: chat.id, agent: agent() };
  if (chat.state === "queued") return [{ id: "take", does: "take", label: "Take", given }];
  const others = shown.agents.filter((each) => each.username !== chat.agent);
  const transfer = (each) => ({ id: each.username, does: "transfer", label: `Transfer to ${each.name}`, given: { ...given, to: each.username } });
  return [
    ...others.map(transfer),
    { id: "put-back", does: "put-back", label: "Back to the queue", given },
    { id: "close", does: "close", label: "Close", given: { ...given, text: "Solved" } },
  ];
}

function toolButton(tool) {
  const button = element("button", { type: "button", class: tool.does === "take" ? "main" : null }, tool.label);
  button.addEventListener("click", () => {
    chosen = false;
    act(tool.does, tool.given);
  });
  return button;
}

const mayEdit = (chat, message) => isOpen(chat) && message.author === "agent" && message.username === agent();

function line(message) {
  if (message.author === "system") return element("p", { class: "system" }, `${message.text} ${message.at}`);
  if (message.author === "bridge") {
    return element("p", { class: "notice" }, element("span", { class: "who" }, `Live Agents, ${message.at}`), message.text);
  }
  const more = message.edited ? [element("span", { class: "below" }, "Edited")] : [];
  if (message.may) {
    const button = element("button", { type: "button", class: "small", "aria-label": `Edit: ${message.text.slice(0, 40)}` }, "Edit");
    button.addEventListener("click", () => edit(message));
    more.push(button);
  }
  return bubble(message, message.author === "agent", ...more);
}

// Write a message anew; nothing: go on with new ones.
function edit(message) {
  const was = editing;
  editing = message ? message.id : "";
  say($("desk-label"), message ? "Write it anew" : "Answer");
  say($("desk-send"), message ? "Save" : "Send");
  $("desk-keep").hidden = !message;
  if (message) text.value = message.text;
  else if (was) text.value = "";
  text.dispatchEvent(new Event("input"));
  if (message || was) text.focus();
}
