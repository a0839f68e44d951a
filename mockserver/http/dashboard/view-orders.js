// @ts-check
/** The orders of a sandbox, or one of them. */

import { get, sandboxPath } from "./api.js";
import { equivalent, guarded, perform, refresher } from "./actions.js";
import { count, fill, group, h, table, value } from "./dom.js";
import { show as showOrder } from "./view-order.js";

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  if (place.item) return showOrder(root, place);
  const list = h("div", null, h("p", { class: "empty" }, "Loading…"));
  const search = h("input", { type: "search", placeholder: "Name, id, reference, status", "aria-label": "Search orders", value: place.query.get("q") ?? "", input: () => draw() });
  const base = `#/s/${encodeURIComponent(place.sandbox)}/orders/`;
  /** @type {any[]} */
  let orders = [];

  fill(root, h("div", { class: "head" }, h("h1", null, "Orders"), h("span", { class: "spacer" }), search,
    h("button", { type: "button", class: "primary", click: openForm }, "New order…")), list);

  function draw() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = orders.filter((order) => {
      const text = `${order.name} ${order.order_id} ${order.klarna_reference} ${order.status}`.toLowerCase();
      return words.every((/** @type {string} */ word) => text.includes(word));
    }).reverse();
    if (!chosen.length) {
      fill(list, orders.length ? h("p", { class: "empty" }, "No order matches.") : emptyState());
      return;
    }
    const rows = chosen.slice(0, 500).map((order) => [
      h("a", { href: base + encodeURIComponent(order.order_id) }, value(order.name ?? order.klarna_reference)),
      value(order.klarna_reference), h("div", { class: "row" }, h("span", { class: "badge" }, order.status),
        order.not_allocated ? h("span", { class: "failed" }, `✗ ${count(order.not_allocated, "refund")} not allocated`) : null),
      order.order_amount, order.captured_amount, order.refunded_amount, order.remaining_authorized_amount,
    ]);
    fill(list, table("Orders", ["Order", "Reference", "Status", "Amount", "Captured", "Refunded", "Remaining"], rows),
      h("p", { class: "muted small hint" }, "Amounts are in minor units: 10 000 is 100.00."),
      chosen.length > 500 ? h("p", { class: "muted hint" }, `The latest 500 of ${group(chosen.length)}.`) : null);
  }

  function emptyState() {
    const scenario = h("a", { href: `#/s/${encodeURIComponent(place.sandbox)}/scenario` }, "Load a scenario");
    return h("div", { class: "empty" },
      h("p", null, "No orders yet."),
      h("p", { class: "hint" }, "Send a shop here: its API address is ", value(location.origin), `, its user name ${place.sandbox}, its password anything.`),
      h("p", { class: "hint" }, scenario, " that brings some, or make one with “New order…”."));
  }

  async function load() {
    orders = (await get(sandboxPath(place.sandbox, "orders"))).orders;
    draw();
  }

  function openForm() {
    const reference = h("input", { value: "A12345", required: true });
    const name = h("input", { value: "T-shirt", required: true });
    const price = h("input", { value: "10000", inputmode: "numeric", pattern: "[0-9]+", required: true });
    const quantity = h("input", { value: "1", inputmode: "numeric", pattern: "[1-9][0-9]*", required: true });
    const action = () => ({
      method: "POST", path: sandboxPath(place.sandbox, "orders"),
      body: { lines: [{ reference: reference.value, name: name.value, unit_price: Number(price.value), quantity: Number(quantity.value) }] },
    });
    const same = h("div", null, equivalent(action()));
    const dialog = h("dialog", { "aria-labelledby": "new-title", close: () => dialog.remove(), input: () => fill(same, equivalent(action())) },
      h("form", { method: "dialog", submit: async (/** @type {SubmitEvent} */ event) => {
        if (event.submitter?.getAttribute("value") === "no") return;
        const order = await perform(action(), "Order made");
        if (order) location.hash = base + encodeURIComponent(order.order_id);
      } },
      h("h2", { id: "new-title" }, "New order"),
      h("div", { class: "row" }, h("label", null, "Reference", reference), h("label", null, "Article", name)),
      h("div", { class: "row" }, h("label", null, "Unit price, minor units", price), h("label", null, "Quantity", quantity)),
      h("p", { class: "muted" }, "For more lines and shipments, load a ", h("a", { href: `#/s/${encodeURIComponent(place.sandbox)}/scenario`, click: () => dialog.close() }, "scenario"), "."),
      h("div", { class: "row" }, h("button", { class: "primary" }, "Create order"), h("button", { value: "no", formnovalidate: true }, "Cancel")),
      same));
    document.querySelector("#dialogs")?.append(dialog);
    dialog.showModal();
  }

  void guarded(list, load);
  return { title: "Orders", onEvents: refresher(load) };
}
