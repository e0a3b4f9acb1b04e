// What passes between the two sides, and what can be broken there.

import { act } from "./acts.js";
import { $, element, list, say } from "./dom.js";

// What was chosen and is not yet heard of: what is shown until then was on its way before.
const wanted = new Map();
const OVER = new Set(["refused", "given up"]);

export function startBetween() {
  for (const button of $("skips").children) {
    button.addEventListener("click", () => act("skip", { seconds: Number(button.dataset.skip) }));
  }
}

export function showBetween(shown) {
  say($("tally"), shown.tally);
  $("skips").hidden = !shown.skips;
  list($("switches"), shown.switches.map(({ id, name, choices }) => ({ id, name, choices })), choicesOf);
  for (const { id, to } of shown.switches) {
    if (wanted.get(id) === to) wanted.delete(id);
    if (!wanted.has(id)) document.querySelector(`input[name="${id}"][value="${to}"]`).checked = true;
  }
  const broken = shown.switches.filter(({ choices, to }) => to !== Object.keys(choices)[0]);
  say($("breaking").querySelector("summary"),
    broken.length ? `Broken: ${broken.map(({ name, choices, to }) => `${name} ${choices[to]}`).join(", ")}` : "Break something");
  $("breaking").classList.toggle("broken", broken.length > 0);
  list($("ways"), shown.ways, way);
}

function choicesOf({ id, name, choices }) {
  const fields = Object.entries(choices).map(([value, label]) => {
    const input = element("input", { type: "radio", name: id, value });
    input.addEventListener("change", async () => {
      wanted.set(id, value);
      if (!(await act("turn", { switch: id, to: value }))) wanted.delete(id);
    });
    return element("label", {}, input, ` ${label}`);
  });
  return element("fieldset", {}, element("legend", {}, name), ...fields);
}

function way(item) {
  const arrow = item.author === "contact" ? "to the agents" : "to the contact";
  return element(
    "li",
    { class: `way ${item.author}` },
    element("p", { class: "head" },
      element("span", { class: `standing ${item.standing.replaceAll(" ", "-")}` }, item.standing),
      ` ${item.name} ${arrow}, ${item.at}`),
    element("p", { class: "words" }, item.words || "(nothing but a file)"),
    element("dl", {}, ...item.steps.map((step) => element("div", { class: step.lines.length ? null : "empty" },
      element("dt", {}, step.place),
      ...(step.lines.length ? step.lines : [OVER.has(item.standing) ? "Nothing." : "Not yet."]).map((text) => element("dd", {}, text))))),
  );
}
