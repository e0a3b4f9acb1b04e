// Everything works without this. With it, what is marked `data-live` is read again every few seconds, for as long as
// somebody can see it and is not in the middle of it.
"use strict";

const EVERY = 5000;
const note = document.getElementById("live-note");

function isBusy(part) {
  return part.contains(document.activeElement) || part.querySelector("details[open], input:checked") !== null;
}

async function refresh() {
  const parts = [...document.querySelectorAll("[data-live]")].filter((part) => !isBusy(part));
  if (document.hidden || parts.length === 0) {
    return true;
  }
  const answer = await fetch(location.href, { headers: { "X-Live": "1" }, cache: "no-store" });
  if (answer.redirected || answer.status === 401 || answer.status === 403) {
    note.textContent = "You are signed out: what is shown is not read again.";
    return false;
  }
  if (!answer.ok) {
    throw new Error(String(answer.status));
  }
  const read = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const newer = read.getElementById(part.id);
    if (newer && !isBusy(part)) {
      part.replaceChildren(...newer.childNodes);
    }
  }
  note.textContent = `Read again at ${new Date().toISOString().slice(11, 19)}.`;
  return true;
}

async function goOn() {
  let again = true;
  try {
    again = await refresh();
  } catch {
    note.textContent = "The service does not answer; what is shown is as it was.";
  }
  if (again) {
    setTimeout(goOn, EVERY);
  }
}

if (document.querySelector("[data-live]")) {
  setTimeout(goOn, EVERY);
}
