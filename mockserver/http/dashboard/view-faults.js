// @ts-check
/** Fault rules with their counts; new ones from templates. */

import { get, sandboxPath } from "./api.js";
import { equivalent, guarded, isNew, perform, refresher, riskyButton } from "./actions.js";
import { fill, h, table, value } from "./dom.js";

/** @type {[string, Record<string, unknown>][]} */
const TEMPLATES = [
  ["The response to the next refund is lost", { on: "refund", calls: 1, do: { lose_answer: "reset" } }],
  ["The next capture is refused", { on: "capture", calls: 1, do: { refuse: "payment_method_failed" } }],
  ["The next refund is not allocated", { on: "refund", calls: 1, do: { fail_allocation: true } }],
  ["Every request waits 2 seconds", { on: "any", do: { delay: "2s" } }],
  ["Every third request gets 503", { on: "any", calls: { every: 3 }, do: { respond: { status: 503 } } }],
  ["Too many requests, try again in 5 seconds", { on: "any", calls: { first: 2 }, do: { rate_limit: { retry_after: "5s" } } }],
  ["The connection is closed before a response", { on: "any", calls: 1, do: { drop: "close" } }],
  ["The response is garbage", { on: "any", calls: 1, do: { garbage: true } }],
];

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = sandboxPath(place.sandbox, "faults");
  const list = h("div", null, h("p", { class: "empty" }, "Loading…"));
  const template = h("select", { change: choose }, TEMPLATES.map(([label], index) => h("option", { value: index }, label)));
  const rule = h("textarea", { rows: 8, spellcheck: false, input: checkRule, "aria-label": "The rule as JSON" });
  const wrong = h("p", { class: "failed", role: "status" });
  const same = h("div");
  const removeAll = riskyButton("Remove all", "All rules of this sandbox are removed.", { method: "DELETE", path }, () => void load());
  fill(root, h("div", { class: "head" }, h("h1", null, "Faults"), h("span", { class: "spacer" }), removeAll),
  h("div", { class: "columns" }, h("section", null, list),
    h("section", { class: "panel", "aria-label": "New fault" }, h("h2", null, "New fault"),
      h("form", { class: "form", submit: add },
        h("label", null, "Template", template), rule, wrong,
        h("div", null, h("button", { class: "primary" }, "Add fault"))), same)));

  function choose() {
    rule.value = JSON.stringify(TEMPLATES[Number(template.value)]?.[1], null, 2);
    checkRule();
  }

  function checkRule() {
    try {
      const body = JSON.parse(rule.value);
      fill(wrong);
      fill(same, equivalent({ method: "POST", path, body }));
      return body;
    } catch (error) {
      fill(wrong, error instanceof Error ? error.message : "");
      return null;
    }
  }

  /** @param {Event} event */
  async function add(event) {
    event.preventDefault();
    const body = checkRule();
    if (body && await perform({ method: "POST", path, body }, "Fault added")) await load();
  }

  async function load() {
    const { faults } = await get(path);
    if (!isNew(list, faults)) return;
    removeAll.hidden = !faults.length;
    if (!faults.length) {
      fill(list, h("p", { class: "empty" }, "No faults. Add one to see how the shop copes with a lost response, a refusal or a slow server."));
      return;
    }
    fill(list, table("Faults", ["Name", "On", "Does", "Matched", "Fired", ""], faults.map((/** @type {any} */ one) => [
      value(one.id), value(one.on.join(", ")), value(one.do.join(", ")), one.matched, one.fired,
      h("button", { type: "button", class: "quiet", "aria-label": `Remove ${one.id}`, click: async () => {
        await perform({ method: "DELETE", path: `${path}/${encodeURIComponent(one.id)}` }, "Removed");
        await load();
      } }, "Remove"),
    ])));
  }

  choose();
  void guarded(list, load);
  return { title: "Faults", onEvents: refresher(load) };
}
