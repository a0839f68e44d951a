// @ts-check
/* Build elements; texts of the merchant become text, never markup. */

/** @type {Record<string, string>} */
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };

/**
 * Return the element with this id.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element #${id}`);
  return element;
}

/**
 * Create an element.
 * @param {string} name
 * @param {Record<string, string | number | boolean | undefined>} attributes `true` is an empty one, `false` none
 * @param {(Node | string)[]} children
 */
export function create(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== undefined) element.setAttribute(key, String(value));
  }
  element.append(...children);
  return element;
}

/**
 * Show or hide an element.
 * @param {string} id
 * @param {boolean} isShown
 */
export function show(id, isShown) {
  byId(id).hidden = !isShown;
}

/**
 * Create a labelled choice: a radio button or a checkbox.
 * @param {Record<string, string | boolean | undefined>} attributes of the input; needs `id`
 * @param {string} name
 * @param {{note?: string, amount?: string, cid?: string}} more
 */
export function createOption(attributes, name, { note, amount, cid } = {}) {
  const label = create("span", { class: "name" }, name);
  if (note) label.append(create("small", {}, note));
  const parts = [create("input", attributes), label];
  if (amount) parts.push(create("span", { class: "amount" }, amount));
  return create("label", { class: "option", "data-cid": cid, for: attributes.id }, ...parts);
}

/**
 * Return the text of what may be HTML, without its tags.
 * @param {string} html
 */
export function textOf(html) {
  const text = html.replace(/<[^>]*>/g, "");
  return text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (entity, name) => ENTITIES[name] ?? entity);
}
