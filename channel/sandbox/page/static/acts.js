// What is done on the page, told to the server; what it says no to is shown at the top, and read out.

import { $, say } from "./dom.js";

export async function act(name, given) {
  let wrong = "";
  try {
    const answer = await fetch(`/acts/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
    });
    if (!answer.ok) wrong = (await answer.json()).error;
  } catch {
    wrong = "The rehearsal does not answer: it may have ended.";
  }
  say($("wrong"), wrong);
  return !wrong;
}

const LINE = "This is a text of which there is a little too much for one message. ";
const FILLS = { emoji: "🙂", long: LINE.repeat(11).slice(0, 700) };
const MOST = 640;

// A box to write in: its counter, what fills it, its file, and how it is sent.
export function writing(side, { send, attach, most }) {
  const [form, text, count, file] = ["form", "text", "count", "file"].map((part) => $(`${side}-${part}`));
  const counted = () => {
    const length = [...text.value].length;
    say(count, `${length} characters${length > MOST ? most : ""}`);
  };
  for (const button of form.querySelectorAll("[data-fill]")) {
    button.addEventListener("click", () => {
      const fill = FILLS[button.dataset.fill];
      text.value = button.dataset.fill === "long" ? fill : text.value + fill;
      counted();
      text.focus();
    });
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = text.value;
    text.value = "";
    counted();
    if (!(await send(words))) {
      text.value ||= words;
      counted();
    }
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    const words = text.value;
    text.value = "";
    // its name, type and size are enough: what is in it stays on this machine
    await attach({ text: words, name: chosen.name, type: chosen.type, size: chosen.size });
    file.value = "";
    counted();
  });
  text.addEventListener("input", counted);
  counted();
  return text;
}
