// The few words of the document that the page is made of. Everything shown is set as text, never as HTML.

/** An element with properties and children: `make("p", { className: "soft" }, "words")`. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** An SVG element with attributes. */
export function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Sets text only where it changed: a screen reader is not told the same thing twice, and a selection stays. */
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** Builds an element's content anew only when what it shows has changed, so that focus stays on a link inside. */
export function show(element, content, build) {
  const key = JSON.stringify(content);
  if (element.shown === key) return;
  element.shown = key;
  element.replaceChildren(...build(content));
}

/** A slot is told by name and shape; its colour only repeats that. */
export const mark = (slot) =>
  draw(
    "svg",
    { class: "shape", "data-slot": slot, viewBox: "0 0 10 10", "aria-hidden": "true" },
    shape(slot, 5, 5, slot === "blue" ? 4 : 4.8),
  );

/** Blue is round, green is a diamond. */
export const shape = (slot, x, y, size) =>
  slot === "blue"
    ? draw("circle", { cx: x, cy: y, r: size })
    : draw("path", { d: `M${x} ${y - size}L${x + size} ${y}L${x} ${y + size}L${x - size} ${y}Z` });
