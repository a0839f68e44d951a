// @ts-check
/** Edit a scenario, see what is wrong while typing, load it, and export the sandbox. */

import { call, get, sandboxPath } from "./api.js";
import { ask, equivalent, guarded, perform } from "./actions.js";
import { count, fill, h, toast, value, visible } from "./dom.js";
import { Picture } from "./picture.js";

const ID = / \([0-9a-f-]{36}\)/g; // of a refund that its number names as well
const LINT_DELAY = 250; // milliseconds after the last key

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = sandboxPath(place.sandbox, "scenario");
  const text = h("textarea", { spellcheck: false, disabled: true, "aria-label": "Scenario in YAML", "aria-describedby": "findings", input: lintSoon, keydown: onKey });
  const state = h("p", { role: "status", class: "muted" });
  const list = h("ul", { class: "findings", id: "findings" });
  const shipped = h("select", { "aria-label": "Shipped scenarios", change: open }, h("option", { value: "" }, "Open a shipped one…"));
  const same = h("div");
  const picture = new Picture(() => {});
  const drawn = h("select", { "aria-label": "Order of the scenario", change: () => void drawOrder() });
  const orderPanel = h("section", { class: "panel", "aria-label": "What it brings", hidden: true },
    h("div", { class: "row head-of" }, h("h2", null, "What it brings"), drawn), picture.element);
  /** @type {AbortController | null} */
  let running = null;
  let timer = 0;
  let checked = ""; // the text that the findings and the picture are about
  let hasErrors = false;

  fill(root, h("div", { class: "head" }, h("h1", null, "Scenario"), h("span", { class: "spacer" }), shipped,
    h("button", { type: "button", click: () => void exportSandbox() }, "Export this sandbox"),
    h("button", { type: "button", click: download }, "Download"),
    h("button", { type: "button", class: "primary", click: () => void load() }, "Load…")),
  h("div", { class: "editor" }, h("div", { class: "stack" }, text, orderPanel, same), h("section", { class: "panel", "aria-label": "Findings" }, h("h2", null, "Findings"), state, list)));

  function lintSoon() {
    clearTimeout(timer);
    timer = window.setTimeout(() => void lint(), LINT_DELAY);
  }

  async function lint() {
    running?.abort();
    running = new AbortController();
    try {
      const written = text.value;
      const { findings, orders } = await call("POST", "/lint", written, running.signal);
      checked = written;
      drawFindings(findings);
      await offerOrders(orders);
    } catch (error) {
      if (!running.signal.aborted) fill(state, error instanceof Error ? error.message : "");
    }
  }

  /** @param {any[]} findings */
  function drawFindings(findings) {
    const errors = findings.filter((one) => one.severity === "error").length;
    hasErrors = errors > 0;
    fill(state, findings.length ? [errors && count(errors, "error"), findings.length - errors && count(findings.length - errors, "warning")].filter(Boolean).join(", ") : "Nothing is wrong with it.");
    fill(list, findings.map((one) => h("li", null, h("button", { type: "button", class: "quiet place", click: () => goTo(one.line ?? 1, one.column ?? 1) },
      h("span", { class: one.severity === "error" ? "failed" : "warning" }, `${one.line ?? 1}:${one.column ?? 1} ${one.code} `), value(one.path), one.path ? ": " : "", value(one.message.replace(ID, ""))))));
    fill(same, equivalent({ method: "PUT", path, body: text.value.length < 2000 ? text.value : "@scenario.yaml" }));
  }

  /**
   * Offer the orders that the scenario brings, and draw one: that which was chosen before, or
   * one with a refund that would not be allocated.
   * @param {any[]} orders
   */
  async function offerOrders(orders) {
    const before = drawn.value;
    const first = orders.find((one) => one.name === before) ?? orders.find((one) => one.not_allocated) ?? orders[0];
    fill(drawn, orders.map((one) => h("option", { value: one.name, selected: one === first }, visible(one.name, 60), one.not_allocated ? `: ${count(one.not_allocated, "refund")} not allocated` : "")));
    orderPanel.hidden = !orders.length;
    if (first) await drawOrder();
  }

  async function drawOrder() {
    await picture.draw({ path: "/lint/picture.svg", order: drawn.value, body: checked }).catch(() => {});
  }

  /**
   * @param {number} line
   * @param {number} column
   */
  function goTo(line, column) {
    const before = text.value.split("\n").slice(0, line - 1).join("\n").length;
    const position = before + (line > 1 ? 1 : 0) + column - 1;
    text.focus();
    text.setSelectionRange(position, position);
    text.scrollTop = (line - 5) * parseFloat(getComputedStyle(text).lineHeight);
  }

  /** Two spaces for a tab, unless Escape came just before: then it moves on.
   * @param {KeyboardEvent} event
   */
  function onKey(event) {
    if (event.key === "Escape") text.dataset.leaving = "yes";
    else if (event.key === "Tab" && !event.shiftKey && !text.dataset.leaving) {
      event.preventDefault();
      text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
      lintSoon();
    } else delete text.dataset.leaving;
  }

  async function open() {
    if (!shipped.value) return;
    text.value = await get(`/scenarios/${encodeURIComponent(shipped.value)}`);
    await lint();
  }

  async function exportSandbox() {
    text.value = await get(path);
    await lint();
    toast("Exported, with personal data masked");
  }

  function download() {
    const link = h("a", { href: URL.createObjectURL(new Blob([text.value], { type: "application/yaml" })), download: `${place.sandbox}.yaml` });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  async function load() {
    if (hasErrors) {
      toast("It has errors; see the findings");
      return;
    }
    const action = { method: "PUT", path, body: text.value };
    if (!(await ask("Load", `Everything in '${place.sandbox}' is replaced: orders, faults, journal and clock.`, action))) return;
    const answer = await perform(action, "Loaded");
    if (answer) location.hash = `#/s/${encodeURIComponent(place.sandbox)}/orders`;
  }

  void guarded(state, async () => {
    const [{ scenarios }, current] = await Promise.all([get("/scenarios"), get(path)]);
    shipped.append(...scenarios.map((/** @type {any} */ one) => h("option", { value: one.name }, `${one.name}: ${one.title}`)));
    text.value = current;
    text.disabled = false;
    await lint();
  });
  return { title: "Scenario", close: () => { running?.abort(); clearTimeout(timer); } };
}
