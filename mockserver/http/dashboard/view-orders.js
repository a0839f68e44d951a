// @ts-check
/** The orders of a sandbox, or one of them. */

import { get, sandboxPath } from "./api.js";
import { equivalent, guarded, isNew, perform, refresher } from "./actions.js";
import { count, fill, group, h, table, value } from "./dom.js";
import { show as showOrder } from "./view-order.js";

const LIMIT = 500; // rows
const STATUSES = ["AUTHORIZED", "PART_CAPTURED", "CAPTURED", "CANCELLED", "EXPIRED", "CLOSED"];
const OUTCOMES = [["", "any refunds"], ["failed", "a refund not allocated"], ["allocated", "a refund allocated"], ["not_attempted", "a refund not attempted"]];

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  if (place.item) return showOrder(root, place);
  const list = h("div", null, h("p", { class: "empty" }, "Loading…"));
  const search = h("input", { type: "search", placeholder: "Name, id or reference", "aria-label": "Search orders", value: place.query.get("text") ?? "", input: filterAgain });
  const status = choice("Status", "status", [["", "any status"], ...STATUSES.map((name) => [name, name])]);
  const outcome = choice("Refunds", "outcome", OUTCOMES);
  const found = h("span", { class: "muted", role: "status" });
  const path = sandboxPath(place.sandbox, "orders");
  const base = `#/s/${encodeURIComponent(place.sandbox)}/orders`;

  fill(root, h("div", { class: "head" }, h("h1", null, "Orders"), search, status, outcome, found, h("span", { class: "spacer" }),
    h("button", { type: "button", class: "primary", click: openForm }, "New order…")), list);

  /**
   * @param {string} label
   * @param {string} name
   * @param {string[][]} options
   */
  function choice(label, name, options) {
    return h("select", { "aria-label": label, change: filterAgain }, options.map(([key, text]) => h("option", { value: key, selected: key === (place.query.get(name) ?? "") }, text)));
  }

  function filters() {
    const chosen = { text: search.value.trim(), status: status.value, outcome: outcome.value };
    return new URLSearchParams(Object.entries(chosen).filter(([, text]) => text));
  }

  function filterAgain() {
    const query = filters().toString();
    history.replaceState(null, "", `${base}${query && `?${query}`}`);
    void guarded(list, load);
  }

  /** @param {{orders: any[], total: number}} page */
  function draw({ orders, total }) {
    if (!isNew(list, [orders, total])) return;
    const isFiltered = filters().size > 0;
    fill(found, total || isFiltered ? count(total, "order") : "");
    if (!orders.length) {
      fill(list, isFiltered ? h("p", { class: "empty" }, "No order matches.") : emptyState());
      return;
    }
    const rows = orders.reverse().map((order) => [
      h("a", { href: `${base}/${encodeURIComponent(order.order_id)}` }, value(order.name ?? order.klarna_reference)),
      value(order.klarna_reference), h("div", { class: "row" }, h("span", { class: "badge" }, order.status),
        order.not_allocated ? h("span", { class: "failed" }, `✗ ${count(order.not_allocated, "refund")} not allocated`) : null),
      order.order_amount, order.captured_amount, order.refunded_amount, order.remaining_authorized_amount, order.purchase_currency,
    ]);
    fill(list, table("Orders", ["Order", "Reference", "Status", "Amount", "Captured", "Refunded", "Remaining", "Currency"], rows),
      h("p", { class: "muted small hint" }, "Amounts are in minor units: 10 000 is 100.00."),
      total > orders.length ? h("p", { class: "muted hint" }, `The latest ${orders.length} of ${group(total)}; the search looks at all.`) : null);
  }

  function emptyState() {
    const scenario = h("a", { href: `#/s/${encodeURIComponent(place.sandbox)}/scenario` }, "Load a scenario");
    return h("div", { class: "empty" },
      h("p", null, "No orders yet."),
      h("p", { class: "hint" }, "Send a shop here: its API address is ", value(location.origin), `, its user name ${place.sandbox}, its password anything.`),
      h("p", { class: "hint" }, scenario, " that brings some, or make one with “New order…”."),
      equivalent({ method: "POST", path, body: { lines: [{ reference: "A12345", name: "T-shirt", unit_price: 10000 }] } }, "Make an order"));
  }

  async function load() {
    const asked = filters();
    const page = await get(`${path}?${new URLSearchParams([...asked, ["limit", String(LIMIT)]])}`);
    if (asked.toString() === filters().toString()) draw(page);
  }

  function openForm() {
    const reference = h("input", { value: "A12345", required: true });
    const name = h("input", { value: "T-shirt", required: true });
    const price = h("input", { value: "10000", inputmode: "numeric", pattern: "[0-9]+", required: true });
    const quantity = h("input", { value: "1", inputmode: "numeric", pattern: "[1-9][0-9]*", required: true });
    const action = () => ({
      method: "POST", path,
      body: { lines: [{ reference: reference.value, name: name.value, unit_price: Number(price.value), quantity: Number(quantity.value) }] },
    });
    const same = h("div", null, equivalent(action()));
    const dialog = h("dialog", { "aria-labelledby": "new-title", close: () => dialog.remove(), input: () => fill(same, equivalent(action())) },
      h("form", { method: "dialog", submit: async (/** @type {SubmitEvent} */ event) => {
        if (event.submitter?.getAttribute("value") === "no") return;
        const order = await perform(action(), "Order made");
        if (order) location.hash = `${base}/${encodeURIComponent(order.order_id)}`;
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
