// @ts-check
/** The picture of an order in the page: drawn by the server, made usable here. */

import { readSvg } from "./api.js";
import { fill, h } from "./dom.js";

/**
 * @typedef {object} PictureOptions
 * @property {string} path of the picture below the API's root
 * @property {number} [step] of the order's timeline
 * @property {string} [order] of a scenario
 * @property {unknown} [body] a refund that is tried, or a scenario
 */

export class Picture {
  /** @param {(part: {refund?: string, capture?: string}) => void} choose */
  constructor(choose) {
    this.choose = choose;
    this.element = h("div", { class: "picture" });
    this.known = /** @type {Set<string> | null} */ (null);
    this.request = 0;
  }

  /** @param {PictureOptions} options */
  async draw({ path, step, order, body }) {
    const number = (this.request += 1);
    const width = Math.round(Math.min(1640, Math.max(320, this.element.clientWidth || 880)));
    const query = new URLSearchParams({ style: "none", width: String(width) });
    if (step !== undefined) query.set("step", String(step));
    if (order !== undefined) query.set("order", order);
    const svg = await readSvg(`${path}?${query}`, body);
    if (number !== this.request) return;
    this.animate(svg);
    this.makeUsable(svg);
    const focused = this.focusedPart();
    fill(this.element, svg);
    if (focused) this.focusAgain(svg, focused);
  }

  /** The part that has the focus, as it is named in the picture. */
  focusedPart() {
    const part = this.element.contains(document.activeElement) ? document.activeElement : null;
    return part && { refund: part.getAttribute("data-refund"), capture: part.getAttribute("data-capture") };
  }

  /**
   * @param {SVGSVGElement} svg
   * @param {{refund: string | null, capture: string | null}} focused
   */
  focusAgain(svg, focused) {
    const parts = /** @type {SVGGElement[]} */ ([...svg.querySelectorAll("[role=button]")]);
    const part = parts.find((one) => one.getAttribute("data-refund") === focused.refund && one.getAttribute("data-capture") === focused.capture) ?? parts[0];
    if (!part) return;
    svg.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    part.setAttribute("tabindex", "0");
    part.focus();
  }

  /**
   * Let what was not there before appear softly.
   * @param {SVGSVGElement} svg
   */
  animate(svg) {
    const flows = [...svg.querySelectorAll("[data-refund]")];
    const keys = flows.map((flow) => `${flow.getAttribute("class")} ${flow.getAttribute("data-refund")}`);
    if (this.known) {
      for (const [index, flow] of flows.entries()) {
        if (!this.known.has(keys[index] ?? "")) flow.classList.add("new");
      }
    }
    this.known = new Set(keys);
  }

  /**
   * One stop for the Tab key, arrows inside; hover and focus show what belongs together.
   * @param {SVGSVGElement} svg
   */
  makeUsable(svg) {
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", svg.querySelector("title")?.textContent ?? "Picture of the order");
    const parts = /** @type {SVGGElement[]} */ ([...svg.querySelectorAll(".refund, .shipment")]);
    for (const [index, part] of parts.entries()) {
      part.setAttribute("tabindex", index ? "-1" : "0");
      part.setAttribute("role", "button");
      part.addEventListener("click", () => this.open(part));
      part.addEventListener("pointerenter", () => this.focus(svg, part));
      part.addEventListener("focus", () => this.focus(svg, part));
      for (const kind of ["pointerleave", "blur"]) {
        part.addEventListener(kind, () => this.element.classList.remove("focusing"));
      }
      part.addEventListener("keydown", (event) => this.onKey(event, parts, index));
    }
  }

  /**
   * @param {KeyboardEvent} event
   * @param {SVGGElement[]} parts
   * @param {number} index
   */
  onKey(event, parts, index) {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.open(/** @type {SVGGElement} */ (parts[index]));
      return;
    }
    const moves = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 });
    const target = event.key === "Home" ? 0 : event.key === "End" ? parts.length - 1 : index + (moves[event.key] ?? 0);
    const part = parts[target];
    if (!part || target === index) return;
    event.preventDefault();
    parts[index]?.setAttribute("tabindex", "-1");
    part.setAttribute("tabindex", "0");
    part.focus();
  }

  /** @param {SVGGElement} part */
  open(part) {
    const refund = part.getAttribute("data-refund");
    this.choose(refund ? { refund } : { capture: part.getAttribute("data-capture") ?? "" });
  }

  /**
   * @param {SVGSVGElement} svg
   * @param {SVGGElement} part
   */
  focus(svg, part) {
    const refund = part.getAttribute("data-refund");
    for (const other of svg.querySelectorAll(".flows, .refund, .shipment")) {
      other.classList.toggle("on", other === part || (refund !== null && other.getAttribute("data-refund") === refund));
    }
    this.element.classList.toggle("focusing", refund !== null);
  }
}
