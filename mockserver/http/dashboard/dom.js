// @ts-check
/** Build DOM without markup: text is only ever text. */

/** @typedef {any} Child a node, a text, a number, nothing, or an array of these */

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "open", "selected", "spellcheck"]);

/**
 * Make an element. Functions are listeners, `class` and other texts are attributes.
 * @param {string} tag
 * @param {Record<string, unknown> | null} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, setting] of Object.entries(attributes ?? {})) {
    if (typeof setting === "function") element.addEventListener(name, /** @type {EventListener} */ (setting));
    else if (PROPERTIES.has(name)) Reflect.set(element, name, setting);
    else if (setting !== null && setting !== undefined && setting !== false) {
      element.setAttribute(name, setting === true ? "" : String(setting));
    }
  }
  element.append(...present(children));
  return element;
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function present(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}

/**
 * Replace what an element contains.
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
}

/**
 * Show a text that somebody else wrote: apart from its surroundings, with signs for what cannot
 * be seen.
 * @param {unknown} text
 * @returns {HTMLElement}
 */
export function value(text) {
  return h("bdi", null, visible(String(text ?? "")));
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/**
 * Replace characters that cannot be seen by signs, and cut a long text.
 * @param {string} text
 * @param {number} [length]
 */
export function visible(text, length = 300) {
  const cut = text.length > length ? `${text.slice(0, length)}…` : text;
  return cut.replace(INVISIBLE, sign).replace(/^ +| +$/g, (spaces) => "·".repeat(spaces.length));
}

/**
 * Several lines, each made visible.
 * @param {string} text
 */
export function visibleLines(text) {
  return text.split("\n").map((line) => visible(line, 4000).replace(/^·+/, (dots) => " ".repeat(dots.length))).join("\n");
}

/** @param {string} character */
function sign(character) {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/**
 * A table. Cells that are numbers are aligned right. In a narrow window each row is a card;
 * a matrix, whose columns are compared, stays one.
 * @param {string} label
 * @param {string[]} head
 * @param {Child[][]} rows
 * @param {"cards" | "matrix"} [narrow]
 */
export function table(label, head, rows, narrow = "cards") {
  const numeric = head.map((_, column) => rows.some((row) => typeof row[column] === "number"));
  const cell = (/** @type {Child} */ content, /** @type {number} */ column) =>
    h("td", { class: numeric[column] ? "number" : isTime(content) ? "nowrap" : null, "data-label": head[column] },
      typeof content === "number" ? group(content) : content);
  return h("div", { class: `scroll ${narrow}`, tabindex: 0, role: "region", "aria-label": label },
    h("table", null,
      h("thead", null, h("tr", null, head.map((name, column) =>
        h("th", { scope: "col", class: numeric[column] ? "number" : null }, name || h("span", { class: "visually-hidden" }, "Action"))))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map(cell))))));
}

/**
 * A number with its noun, in the plural where it is not one.
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${group(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** @param {Child} content */
function isTime(content) {
  return typeof content === "string" && /^\d{4}-\d\d-\d\d /.test(content);
}

/** @param {number} amount */
export function group(amount) {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, " ");
}

/**
 * Say something for a moment, also to screen readers.
 * @param {string} text
 */
export function toast(text) {
  const note = h("div", { class: "toast", role: "status" }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), 3000);
}
