// @ts-check
/** Calls to the merchant: pushes, callbacks, webhooks; and where webhooks go. */

import { get, sandboxPath } from "./api.js";
import { copyable, equivalent, guarded, isNew, perform, refresher, riskyButton } from "./actions.js";
import { fill, h, table, value } from "./dom.js";
import { formatTime } from "./format.js";

const LOOKS = /** @type {Record<string, string>} */ ({ delivered: "passed", failed: "failed", held: "warning" });

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = sandboxPath(place.sandbox, "deliveries");
  const list = h("div", null, h("p", { class: "empty" }, "Loading…"));
  const detail = h("section", { class: "panel", "aria-label": "Delivery", "aria-live": "polite" }, h("p", { class: "muted" }, "Choose a delivery to see its attempts."));
  const webhooks = h("section", { class: "panel", "aria-label": "Webhooks" });
  fill(root, h("div", { class: "head" }, h("h1", null, "Deliveries")), h("div", { class: "columns" }, h("div", { class: "stack" }, list, webhooks), detail));
  let chosen = place.item;

  async function load() {
    const [{ deliveries }, { endpoints }] = await Promise.all([get(path), get(sandboxPath(place.sandbox, "webhooks"))]);
    if (!isNew(list, [deliveries, endpoints])) return;
    detail.hidden = !deliveries.length;
    if (!deliveries.length) fill(list, h("p", { class: "empty" }, "No deliveries yet. A completed checkout sends pushes to the shop, and changes of orders send webhooks to the endpoints below."));
    else {
      fill(list, table("Deliveries", ["Kind", "State", "Attempts", "Due", "To"], [...deliveries].reverse().slice(0, 500).map((/** @type {any} */ one) => [
        h("button", { type: "button", class: "quiet", click: () => { chosen = one.id; void open(); } }, value(one.kind)),
        h("span", { class: `badge ${LOOKS[one.state] ?? ""}` }, one.state), one.attempt_count, formatTime(one.due_at), value(one.url),
      ])));
    }
    fill(webhooks, h("h2", null, "Webhooks"), endpoints.length
      ? table("Webhooks", ["URL", "Events"], endpoints.map((/** @type {any} */ one) => [value(one.url), value((one.events ?? []).join(", ") || "all")]))
      : h("p", { class: "muted" }, "No endpoints. Add one with the call below."), equivalent({ method: "PUT", path: sandboxPath(place.sandbox, "webhooks"), body: { endpoints: [{ url: "http://localhost:8080/webhooks" }] } }));
    if (chosen) await open();
  }

  async function open() {
    await guarded(detail, async () => {
      const own = `${path}/${encodeURIComponent(chosen)}`;
      const one = await get(own);
      const send = { method: "POST", path: `${own}/send` };
      fill(detail, h("h2", null, value(one.kind), " ", h("span", { class: `badge ${LOOKS[one.state] ?? ""}` }, one.state)),
        h("p", { class: "mono" }, value(`${one.method} ${one.url}`)),
        one.reason ? h("p", { class: "warning hint" }, value(one.reason)) : null,
        one.attempts.length ? table("Attempts", ["At", "Status", "Time, ms", "Error"], one.attempts.map((/** @type {any} */ attempt) => [formatTime(attempt.at), attempt.status ?? "–", Math.round(attempt.milliseconds), value(attempt.error ?? "")])) : h("p", { class: "muted" }, "No attempt yet."),
        h("div", { class: "row hint" }, h("button", { type: "button", class: "primary", click: async () => { await perform(send, "Sent"); await load(); } }, "Send now"),
          riskyButton("Cancel it", "It is removed and not sent any more.", { method: "DELETE", path: own }, () => { chosen = ""; fill(detail); void load(); })),
        copyable("call to the shop", one.curl), equivalent(send));
    });
  }

  void guarded(list, load);
  return { title: "Deliveries", onEvents: refresher(load) };
}
