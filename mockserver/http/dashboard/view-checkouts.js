// @ts-check
/** Checkout orders, and completing one in place of the shopper. */

import { get, sandboxPath } from "./api.js";
import { equivalent, guarded, isNew, perform, refresher } from "./actions.js";
import { fill, h, table, value, visibleLines } from "./dom.js";
import { formatTime, merchantJson } from "./format.js";

const OUTCOMES = ["approved", "pending", "declined", "abandoned"];

/**
 * Tick the checkboxes without which the shopper cannot pay.
 * @param {Record<string, any>} options of the checkout order
 */
function requiredTicks({ additional_checkbox: single, additional_checkboxes: boxes = [] }) {
  const required = boxes.filter((/** @type {any} */ box) => box.required);
  return {
    ...(single?.required && { checkbox: true }),
    ...(required.length && { checkboxes: Object.fromEntries(required.map((/** @type {any} */ box) => [box.id, true])) }),
  };
}

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const base = `#/s/${encodeURIComponent(place.sandbox)}`;
  const list = h("div", null, h("p", { class: "empty" }, "Loading…"));
  fill(root, h("div", { class: "head" }, h("h1", null, place.item ? "Checkout" : "Checkouts")), list);

  async function loadAll() {
    const { checkouts } = await get(sandboxPath(place.sandbox, "checkouts"));
    if (!isNew(list, checkouts)) return;
    if (!checkouts.length) {
      fill(list, h("p", { class: "empty" }, "No checkouts yet. A shop creates one with POST /checkout/v3/orders; the scenario checkout-happy-path brings one."));
      return;
    }
    fill(list, table("Checkouts", ["Checkout", "Status", "Amount", "Started", "Expires"], [...checkouts].reverse().slice(0, 500).map((/** @type {any} */ one) => [
      h("a", { href: `${base}/checkouts/${encodeURIComponent(one.order_id)}` }, value(one.order_id)),
      h("span", { class: "badge" }, one.status), one.order_amount, formatTime(one.started_at), formatTime(one.expires_at),
    ])));
  }

  async function loadOne() {
    const path = sandboxPath(place.sandbox, `checkouts/${encodeURIComponent(place.item)}`);
    const one = await get(path);
    const outcome = h("select", { "aria-label": "Outcome", change: drawSame }, OUTCOMES.map((name) => h("option", null, name)));
    const same = h("div");
    const action = () => {
      const body = { outcome: outcome.value, ...requiredTicks(one.checkout.options) };
      return { method: "POST", path: `${path}/complete`, body, step: { action: "complete", argument: { order: place.item, ...body } } };
    };
    function drawSame() {
      fill(same, equivalent(action()));
    }
    drawSame();
    fill(list, h("div", { class: "stack" },
      h("p", null, h("span", { class: "badge" }, one.status), " ", value(one.order_id), " ", one.order ? h("a", { href: `${base}/orders/${encodeURIComponent(one.order_id)}` }, "order") : null, " ",
        /^https?:/.test(one.page_url) ? h("a", { href: one.page_url, target: "_blank", rel: "noopener" }, "open its page") : null),
      one.order ? null : h("section", { class: "panel", "aria-label": "Complete" }, h("h2", null, "Complete in place of the shopper"),
        h("div", { class: "row" }, outcome, h("button", { type: "button", class: "primary", click: async () => { if (await perform(action(), "Completed")) await loadOne(); } }, "Complete")), same),
      h("pre", { tabindex: 0, "aria-label": "Checkout as the merchant sees it" }, visibleLines(merchantJson({ ...one.checkout, html_snippet: "…" })))));
  }

  const load = place.item ? loadOne : loadAll;
  void guarded(list, load);
  return { title: "Checkouts", ...(place.item ? {} : { onEvents: refresher(loadAll) }) };
}
