// @ts-check
/** Snapshots of a sandbox: take one, go back to one. */

import { get, sandboxPath } from "./api.js";
import { equivalent, guarded, isNew, perform, refresher, riskyButton } from "./actions.js";
import { fill, h, table, value } from "./dom.js";
import { formatTime } from "./format.js";

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = sandboxPath(place.sandbox, "snapshots");
  const name = h("input", { required: true, value: "here", "aria-label": "Name", pattern: "[A-Za-z0-9_.\\-]+", input: drawSame });
  const list = h("div", null, h("p", { class: "empty" }, "Loading…"));
  const same = h("div");
  const action = () => ({ method: "POST", path, body: { name: name.value } });
  fill(root, h("div", { class: "head" }, h("h1", null, "Snapshots"), h("span", { class: "spacer" }),
    h("form", { class: "row", submit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (await perform(action(), "Snapshot taken")) await load();
    } }, name, h("button", { class: "primary" }, "Take a snapshot")),
    riskyButton("Reset", "The sandbox goes back to its scenario; everything since is lost.", { method: "POST", path: sandboxPath(place.sandbox, "reset") }, () => void load())),
  list, same);

  function drawSame() {
    fill(same, equivalent(action()));
  }

  async function load() {
    const { snapshots } = await get(path);
    if (!isNew(list, snapshots)) return;
    if (!snapshots.length) {
      fill(list, h("p", { class: "empty" }, "No snapshots. Take one before an experiment, and go back to it as often as you like."));
      return;
    }
    fill(list, table("Snapshots", ["Name", "Clock (UTC)", "Orders", ""], snapshots.map((/** @type {any} */ one) => [
      value(one.name), formatTime(one.now), one.orders.length,
      riskyButton("Restore", `Everything since the snapshot '${one.name}' is lost.`, { method: "POST", path: `${path}/${encodeURIComponent(one.name)}/restore` }, () => void load()),
    ])));
  }

  drawSame();
  void guarded(list, load);
  return { title: "Snapshots", onEvents: refresher(load) };
}
