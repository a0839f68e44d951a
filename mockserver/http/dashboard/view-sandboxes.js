// @ts-check
/** All sandboxes of the server with their figures. */

import { get, sandboxPath } from "./api.js";
import { guarded, copyable } from "./actions.js";
import { count, fill, h, table, value } from "./dom.js";
import { formatTime } from "./format.js";

const REFRESH = 3000; // milliseconds

/**
 * @param {Element} root
 * @returns {import("./app.js").View}
 */
export function show(root) {
  const list = h("div", null, h("p", { class: "empty" }, "Loading…"));
  const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search sandboxes", input: () => draw() });
  fill(root, h("div", { class: "head" }, h("h1", null, "Sandboxes"), h("span", { class: "spacer" }), search), list);
  /** @type {any} */
  let page = null;
  let shown = "";

  function draw() {
    const wanted = search.value.toLowerCase();
    const sandboxes = page.sandboxes.filter((/** @type {any} */ one) => one.name.toLowerCase().includes(wanted));
    const content = JSON.stringify([sandboxes, page.evicted_count]);
    if (content === shown) return;
    shown = content;
    if (!sandboxes.length) {
      fill(list, h("p", { class: "empty" }, page.sandboxes.length ? "No sandbox has this in its name." : "No sandbox yet. The first request of a shop makes one, named after the user name of its credentials; or fill one with a scenario:"));
      return;
    }
    const rows = sandboxes.map((/** @type {any} */ one) => [
      h("a", { href: `#/s/${encodeURIComponent(one.name)}` }, value(one.name)),
      value(one.scenario || "–"), one.orders, one.requests,
      one.not_allocated ? h("a", { class: "failed nowrap", href: `#/s/${encodeURIComponent(one.name)}/orders?outcome=failed` }, `✗ ${count(one.not_allocated, "refund")}`) : h("span", { class: "muted" }, "–"), one.faults,
      h("span", { class: "nowrap" }, formatTime(one.now), one.frozen ? " frozen" : ""),
    ]);
    fill(list, table("Sandboxes", ["Name", "Scenario", "Orders", "Requests", "Not allocated", "Faults", "Clock (UTC)"], rows),
      page.evicted_count ? h("p", { class: "muted hint" }, `${page.evicted_count} evicted for lack of room.`) : null);
  }

  async function load() {
    page = await get("/sandboxes");
    draw();
  }

  void guarded(list, load);
  const timer = setInterval(() => {
    if (!document.hidden) load().catch(() => {});
  }, REFRESH);
  root.append(h("details", { class: "equivalent", open: false }, h("summary", null, "Fill a sandbox with a scenario"),
    copyable("curl", `curl -sS -X PUT ${location.origin}/__admin${sandboxPath("my-shop", "scenario")} \\\n  -H 'Content-Type: application/json' -d '{"use": "split-shipment"}'`)));
  return { title: "Sandboxes", close: () => clearInterval(timer) };
}
