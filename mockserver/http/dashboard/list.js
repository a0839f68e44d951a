// @ts-check
/** A list of many rows of one height: only those in sight are elements. */

import { h } from "./dom.js";

const SPARE = 6; // rows above and below those in sight

/**
 * The range of rows in sight.
 * @param {number} top
 * @param {number} height
 * @param {number} row
 * @param {number} count
 */
export function visibleRange(top, height, row, count) {
  const first = Math.max(0, Math.floor(top / row) - SPARE);
  const last = Math.min(count, Math.ceil((top + height) / row) + SPARE);
  return { first: Math.min(first, last), last };
}

/**
 * @template T
 */
export class VirtualList {
  /**
   * @param {string} label
   * @param {(element: HTMLElement, item: T) => void} render fills the element of a row
   * @param {(item: T) => void} open called for the row that was chosen
   */
  constructor(label, render, open) {
    this.render = render;
    this.open = open;
    this.items = /** @type {T[]} */ ([]);
    this.selected = -1;
    this.frame = 0;
    this.rowHeight = 0;
    this.added = 0; // rows put on top so far: a row keeps its element while its index grows
    this.pool = /** @type {HTMLElement[]} */ ([]);
    this.shown = /** @type {(T | null)[]} */ ([]);
    this.canvas = h("div", { class: "canvas", role: "presentation" });
    this.element = h("div", {
      class: "list", role: "listbox", "aria-label": label, tabindex: 0,
      scroll: () => this.update(),
      keydown: (/** @type {KeyboardEvent} */ event) => this.onKey(event),
      click: (/** @type {MouseEvent} */ event) => this.onClick(event),
    }, this.canvas);
    this.observer = new ResizeObserver(() => this.update());
    this.observer.observe(this.element);
  }

  /** Row height in pixels; it follows the font size of the reader. */
  get row() {
    this.rowHeight ||= parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) || 30;
    return this.rowHeight;
  }

  /** @param {T[]} items */
  setItems(items) {
    const chosen = this.items[this.selected];
    this.items = items;
    this.selected = chosen ? items.indexOf(chosen) : -1;
    this.shown.fill(null);
    this.update();
  }

  /**
   * Put new rows on top. A reader of older rows keeps seeing them.
   * @param {T[]} newer
   * @param {number} limit
   */
  prepend(newer, limit) {
    const top = this.element.scrollTop;
    this.items.unshift(...newer);
    if (this.items.length > limit) this.items.length = limit;
    if (this.selected >= 0) this.selected += newer.length;
    this.added += newer.length;
    if (top > this.row / 2) {
      this.canvas.style.setProperty("height", `${this.items.length * this.row}px`);
      this.element.scrollTop = top + newer.length * this.row;
    }
    this.update();
  }

  update() {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const { row, items } = this;
    this.canvas.style.setProperty("height", `${items.length * row}px`);
    const { scrollTop, clientHeight } = this.element;
    const { first, last } = visibleRange(scrollTop, clientHeight, row, items.length);
    while (this.pool.length < last - first) {
      const element = h("div", { class: "item", role: "option" });
      this.pool.push(element);
      this.canvas.append(element);
      this.shown.fill(null);
    }
    const size = this.pool.length;
    for (let slot = 0; slot < size; slot += 1) {
      const place = (slot - (first - this.added)) % size;
      const index = first + ((place + size) % size);
      this.drawRow(slot, index < last ? index : -1);
    }
  }

  /**
   * @param {number} slot
   * @param {number} index
   */
  drawRow(slot, index) {
    const element = /** @type {HTMLElement} */ (this.pool[slot]);
    element.hidden = index < 0;
    if (index < 0) return;
    const item = /** @type {T} */ (this.items[index]);
    const isSelected = String(index === this.selected);
    element.style.setProperty("transform", `translateY(${index * this.row}px)`);
    if (element.getAttribute("aria-selected") !== isSelected) {
      element.setAttribute("aria-selected", isSelected);
    }
    if (isSelected === "true") this.element.setAttribute("aria-activedescendant", (element.id = "row-selected"));
    else if (element.id) element.removeAttribute("id");
    element.dataset.index = String(index);
    element.setAttribute("aria-posinset", String(index + 1));
    if (this.shown[slot] === item) return;
    this.shown[slot] = item;
    element.setAttribute("aria-setsize", String(this.items.length));
    this.render(element, item);
  }

  /** @param {number} index */
  select(index) {
    const item = this.items[index];
    if (item === undefined) return;
    this.selected = index;
    const top = index * this.row;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.row > scrollTop + clientHeight) this.element.scrollTop = top + this.row - clientHeight;
    this.update();
    this.open(item);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const moves = /** @type {Record<string, number>} */ ({ ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10 });
    const move = event.key === "Home" ? -this.selected : moves[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.select(Math.max(0, Math.min(this.items.length - 1, this.selected + move)));
  }

  /** @param {MouseEvent} event */
  onClick(event) {
    const row = event.target instanceof Element ? event.target.closest(".item") : null;
    if (row instanceof HTMLElement) this.select(Number(row.dataset.index));
  }

  close() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  }
}
