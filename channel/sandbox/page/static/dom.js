// Elements, made of text: nothing that anybody wrote is ever read as HTML.

export const $ = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

// Say something only when it is new, or a screen reader would say it again.
export function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

// Have a container show these items, each made anew only if it has changed: focus and reading places stay.
export function list(container, items, make) {
  const before = new Map([...container.children].map((child) => [child.dataset.id, child]));
  let place = container.firstElementChild;
  for (const item of items) {
    const key = JSON.stringify(item);
    let child = before.get(item.id);
    if (!child || child.dataset.key !== key) {
      const made = make(item);
      made.dataset.id = item.id;
      made.dataset.key = key;
      if (child) {
        if (place === child) place = made;
        child.replaceWith(made);
      }
      child = made;
    }
    before.delete(item.id);
    if (child === place) place = place.nextElementSibling;
    else container.insertBefore(child, place);
  }
  for (const gone of before.values()) gone.remove();
}

// The same for a log, whose end is what one looks at, unless one has gone back in it.
export function log(container, items, make) {
  const atEnd = container.scrollTop + container.clientHeight >= container.scrollHeight - 40;
  list(container, items, make);
  if (atEnd) container.scrollTop = container.scrollHeight;
}

export function bubble(message, own, ...more) {
  const files = message.files.map((name) => element("span", { class: "attached" }, `File: ${name}`));
  return element(
    "div",
    { class: `bubble ${own ? "own" : "other"}` },
    element("span", { class: "who" }, `${message.name}, ${message.at}`),
    ...(message.text ? [element("span", { class: "words" }, message.text)] : []),
    ...files,
    ...more,
  );
}
