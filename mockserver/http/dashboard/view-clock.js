// @ts-check
/** The clock of a sandbox: what time it is, what moving it sets off. */

import { call, get, sandboxPath } from "./api.js";
import { equivalent, guarded, isNew, perform, refresher } from "./actions.js";
import { fill, h, table, value } from "./dom.js";
import { formatTime } from "./format.js";

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = sandboxPath(place.sandbox, "clock");
  const now = h("p", { role: "status" });
  const advance = h("input", { value: "1d", "aria-label": "Duration, such as 90s, 4h or 28d", size: 8, input: () => void dryRun() });
  const set = h("output", { "aria-live": "polite" });
  const same = h("div");
  const done = h("section", { class: "panel", "aria-label": "What it set off", hidden: true });
  let frozen = false;
  const freeze = h("button", { type: "button", click: async () => {
    await perform({ method: "POST", path, body: { freeze: !frozen } }, frozen ? "The clock runs" : "The clock is frozen");
    await load();
  } }, "Freeze");
  const action = () => ({ method: "POST", path, body: { advance: advance.value }, step: { action: "advance", argument: advance.value } });

  fill(root, h("div", { class: "head" }, h("h1", null, "Clock"), now, h("span", { class: "spacer" }), freeze),
    h("section", { class: "panel", "aria-label": "Advance" }, h("h2", null, "Advance"),
      h("form", { class: "form", submit: move },
        h("div", { class: "row" }, ["1h", "1d", "14d", "28d"].map((text) => h("button", { type: "button", click: () => { advance.value = text; void dryRun(); } }, `+${text}`)), advance,
          h("button", { class: "primary" }, "Advance")),
        set), same), done);

  async function dryRun() {
    const duration = advance.value;
    if (isNew(same, duration)) fill(same, equivalent(action()));
    try {
      const { now: then, fired } = await call("POST", path, { advance: duration, dry_run: true });
      if (duration !== advance.value || !isNew(set, [then, fired])) return;
      fill(set, h("p", { class: "muted" }, `It will be ${formatTime(then)}. `, fired.length ? "This sets off:" : "Nothing is due until then."), fired.length ? events(fired) : null);
    } catch (error) {
      if (duration === advance.value && isNew(set, String(error))) fill(set, h("p", { class: "failed" }, value(error instanceof Error ? error.message : "")));
    }
  }

  /** @param {any[]} fired */
  function events(fired) {
    const groups = new Map();
    for (const one of fired) {
      const key = `${one.event} ${one.order_id}`;
      groups.set(key, { ...one, ...groups.get(key), times: (groups.get(key)?.times ?? 0) + 1 });
    }
    return table("Events", ["First at", "Event", "Times", "Order"], [...groups.values()].slice(0, 100).map((one) => [
      formatTime(one.at), value(one.event), one.times,
      one.order_id ? h("a", { href: `#/s/${encodeURIComponent(place.sandbox)}/orders/${encodeURIComponent(one.order_id)}` }, value(one.order_id.slice(0, 8))) : "–",
    ]));
  }

  /** @param {Event} event */
  async function move(event) {
    event.preventDefault();
    const answer = await perform(action(), "Advanced");
    if (!answer) return;
    done.hidden = false;
    fill(done, h("h2", null, "What it set off"), answer.fired.length ? events(answer.fired) : h("p", { class: "muted" }, "Nothing."));
    await load();
  }

  async function load() {
    const state = await get(path);
    frozen = state.frozen;
    fill(now, h("strong", null, `${formatTime(state.now)} UTC`), frozen ? ", frozen" : ", running");
    fill(freeze, frozen ? "Let it run" : "Freeze");
    await dryRun();
  }

  void guarded(now, load);
  return { title: "Clock", onEvents: refresher(load) };
}
