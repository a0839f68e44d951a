// @ts-check
/** One order: its picture, why refunds went where they went, its history, and what to do with it. */

import { get, sandboxPath } from "./api.js";
import { copyable, equivalent, guarded, isNew, perform, refresher } from "./actions.js";
import { count, fill, group, h, table, value, visibleLines } from "./dom.js";
import { formatTime, merchantJson, numberRefunds, outcomeClass, outcomeSign, outcomeWords } from "./format.js";
import { openMovement } from "./movement-form.js";
import { Picture } from "./picture.js";

const MAX_FINDINGS = 3; // each for another reason
const FEW_REFUNDS = 20; // that are explained at once
const OUTCOMES = ["expire", "accept_fraud", "reject_fraud", "stop_fraud", "fail_next_allocation"];

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = sandboxPath(place.sandbox, `orders/${encodeURIComponent(place.item)}`);
  const head = h("div", { class: "head" });
  const findings = h("section", { "aria-label": "What went wrong" });
  const slider = h("input", { type: "range", min: 1, "aria-label": "Step of the order's history", input: () => moveTo(Number(slider.value)) });
  const moment = h("output", { "aria-live": "polite" });
  const toNow = h("button", { type: "button", class: "quiet", click: () => moveTo(data.timeline.length) }, "Now");
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Details" });
  const panel = h("div", { role: "tabpanel", tabindex: 0 });
  const picture = new Picture(({ refund }) => {
    chosen = refund === undefined ? "" : (refund.split(" ")[0] ?? "");
    tab = "refunds";
    drawTabs();
    panel.scrollIntoView({ block: "nearest" });
  });
  const failure = h("div");
  const body = h("div", { class: "stack", hidden: true },
    findings,
    h("section", { class: "panel", "aria-label": "Picture" }, picture.element, h("div", { class: "slider" }, slider, moment, toNow)),
    h("section", { class: "panel", "aria-label": "Details" }, tabs, panel));
  fill(root, head, failure, body);

  /** @type {any} */
  let data = null;
  let step = 0; // 0 is now
  let tab = place.query.get("tab") ?? "refunds";
  let chosen = place.query.get("refund") ?? "";
  let drawnWidth = 0;
  let areAllShown = false;

  async function load() {
    data = await get(path);
    body.hidden = false;
    if (!isNew(body, data)) return;
    if (step > data.timeline.length) step = 0;
    drawHead();
    drawFindings();
    drawTabs();
    drawSlider();
    await drawPicture();
  }

  async function drawPicture() {
    drawnWidth = picture.element.clientWidth;
    await picture.draw({ path: `${path}/picture.svg`, step: step || undefined });
  }

  /** @param {number} next */
  function moveTo(next) {
    step = next >= data.timeline.length ? 0 : next;
    drawSlider();
    if (tab === "timeline") drawTabs();
    void drawPicture().catch(() => {});
  }

  function drawSlider() {
    const last = data.timeline.length;
    const shown = step || last;
    slider.max = String(last);
    slider.value = String(shown);
    const event = data.timeline[shown - 1];
    toNow.hidden = !step;
    fill(moment, `Step ${shown} of ${last}: `, value(shorten(event?.text ?? "")));
    slider.setAttribute("aria-valuetext", `${shown} of ${last}: ${event?.text ?? ""}`);
  }

  function drawHead() {
    const order = data.order;
    const force = h("select", { "aria-label": "Force an outcome", change: async () => {
      await perform({ method: "POST", path: `${path}/force`, body: { outcome: force.value } }, `Forced: ${force.value.replaceAll("_", " ")}`);
      await load();
    } }, h("option", { value: "", selected: true, disabled: true }, "Force…"), OUTCOMES.map((one) => h("option", { value: one }, one.replaceAll("_", " "))));
    fill(head,
      h("h1", null, "Order ", value(order.klarna_reference)),
      h("span", { class: "badge" }, order.status),
      h("span", { class: "muted nowrap" }, `${group(order.order_amount)} ${order.purchase_currency}, minor units`),
      h("span", { class: "spacer" }),
      h("button", { type: "button", click: () => openMovement("capture", place.sandbox, data, load) }, "Capture…"),
      h("button", { type: "button", class: "primary", click: () => openMovement("refund", place.sandbox, data, load) }, "Refund…"),
      force);
    document.title = `${order.klarna_reference} · ${place.sandbox} · kustom-mock`;
  }

  function drawFindings() {
    const failed = data.allocations.filter((/** @type {any} */ one) => one.outcome === "failed");
    const withoutLines = data.allocations.filter((/** @type {any} */ one) => one.outcome === "not_attempted");
    const first = causes(failed).slice(0, MAX_FINDINGS);
    const later = failed.length - first.length;
    fill(findings, first.map((one) => finding(one, "was accepted, but not allocated to a shipment", "")),
      later > 0 ? h("p", { class: "muted hint" }, `${later === 1 ? "One more refund was" : `${later} more refunds were`} not allocated: after a failure, no later refund of the order is.`) : null,
      withoutLines.slice(0, 1).map((/** @type {any} */ one) => finding(one, "has no order lines, so it was not allocated to a shipment", "warning")),
      withoutLines.length > 1 ? h("p", { class: "muted hint" }, `${count(withoutLines.length - 1, "more refund")} without order lines.`) : null);
    findings.hidden = !failed.length && !withoutLines.length;
  }

  /**
   * @param {any} one
   * @param {string} what happened to it
   * @param {string} look
   */
  function finding(one, what, look) {
    const reason = one.outcome === "failed" ? [": ", value(withNumbers(reasonOf(one).detail))] : null;
    return h("div", { class: `finding ${look}` },
      h("p", null, h("strong", null, `Refund ${one.number} of ${group(one.amount)} ${what}`), reason, ". ", bookedText(one)),
      hintOf(one) ? h("p", { class: "hint" }, "→ ", value(withNumbers(hintOf(one)))) : null,
      one.correlation_id ? h("p", { class: "hint" }, h("a", { href: entryLink(one.correlation_id) }, "Show the request")) : null);
  }

  /** @param {any} allocation */
  function bookedText(allocation) {
    const names = new Map((data.order.captures ?? []).map((/** @type {any} */ one) => [one.capture_id, one.klarna_reference]));
    const parts = allocation.booked.map((/** @type {any} */ one) => `${group(one.amount)} on ${names.get(one.capture_id)}`);
    return `Booked ${parts.join(", ") || "nowhere"}.`;
  }

  /** @param {string} text */
  function withNumbers(text) {
    return numberRefunds(text, data.allocations);
  }

  /** @param {string} id */
  function entryLink(id) {
    return `#/s/${encodeURIComponent(place.sandbox)}/journal?entry=${encodeURIComponent(id)}`;
  }

  const TABS = /** @type {Record<string, [string, () => any]>} */ ({
    refunds: ["Refunds", refundsTab],
    timeline: ["Timeline", timelineTab],
    ledger: ["Ledger", ledgerTab],
    json: ["JSON", () => h("pre", { tabindex: 0, "aria-label": "The order as the merchant sees it" }, visibleLines(merchantJson(data.order)))],
    same: ["Export", sameTab],
  });

  function drawTabs() {
    fill(tabs, Object.entries(TABS).map(([name, [label]]) => h("button", {
      type: "button", role: "tab", id: `tab-${name}`, "aria-selected": String(name === tab), tabindex: name === tab ? 0 : -1,
      click: () => { tab = name; drawTabs(); },
      keydown: onTabKey,
    }, label)));
    panel.setAttribute("aria-labelledby", `tab-${tab}`);
    fill(panel, (TABS[tab] ?? TABS.refunds)?.[1]());
  }

  /** @param {KeyboardEvent} event */
  function onTabKey(event) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const names = Object.keys(TABS);
    tab = names[(names.indexOf(tab) + move + names.length) % names.length] ?? "refunds";
    drawTabs();
    /** @type {HTMLElement | null} */ (tabs.querySelector("[aria-selected=true]"))?.focus();
  }

  function refundsTab() {
    if (!data.allocations.length) return h("p", { class: "empty" }, "Nothing is refunded yet.");
    const wanted = data.allocations.filter((/** @type {any} */ one) => !chosen || String(one.number) === chosen);
    const refunds = wanted.length ? wanted : data.allocations;
    const latest = areAllShown ? refunds.slice() : refunds.slice(-FEW_REFUNDS);
    return h("div", { class: "stack" },
      chosen ? h("p", null, h("button", { type: "button", class: "quiet", click: () => { chosen = ""; drawTabs(); } }, "Show all refunds")) : null,
      latest.reverse().map(refundCard),
      latest.length < refunds.length ? h("div", null, h("button", { type: "button", click: () => { areAllShown = true; drawTabs(); } }, `Show all ${count(refunds.length, "refund")}`)) : null);
  }

  /** @param {any} one */
  function refundCard(one) {
    return h("article", null,
      h("h2", { class: "card" }, `Refund ${one.number} · ${group(one.amount)} `, h("span", { class: outcomeClass(one.outcome) }, `${outcomeSign(one.outcome)} ${outcomeWords(one.outcome)}`)),
      h("p", { class: "muted" }, `${formatTime(one.at)} · ${bookedText(one)} `, one.correlation_id ? h("a", { href: entryLink(one.correlation_id) }, "request") : null),
      h("ul", { class: "conditions" }, one.conditions.map((/** @type {any} */ condition) => h("li", null,
        h("span", { class: condition.holds ? "passed" : "failed", "aria-label": condition.holds ? "holds" : "does not hold" }, condition.holds ? "✓" : "✗"),
        h("span", null, `${condition.name}: `, value(withNumbers(condition.detail)))))),
      one.nearest ? h("p", { class: "muted" }, "Nearest shipment: ", value(one.nearest.klarna_reference), ", ", value(withNumbers(one.nearest.differences.join("; ")))) : null,
      one.hints.map((/** @type {string} */ hint) => h("p", { class: "hint" }, "→ ", value(withNumbers(hint)))),
      one.assumptions.length ? h("p", { class: "muted small hint" }, `Rests on assumptions: ${one.assumptions.join(", ")}`) : null);
  }

  function timelineTab() {
    return h("ol", { class: "timeline" }, data.timeline.map((/** @type {any} */ event) => h("li", { class: step && event.step > step ? "later" : null },
      h("button", { type: "button", class: "quiet", "aria-label": `Draw step ${event.step}`, click: () => moveTo(event.step) }, event.step),
      h("time", { class: "muted" }, formatTime(event.at)),
      h("span", { class: ["refused", "faulted"].includes(event.kind) ? "failed" : null }, value(withNumbers(event.text)), " ",
        event.correlation_id ? h("a", { href: entryLink(event.correlation_id) }, "request") : null))));
  }

  function ledgerTab() {
    const sums = Object.entries(data.ledger).map(([name, amount]) => [name, /** @type {number} */ (amount)]);
    const captures = (data.order.captures ?? []).map((/** @type {any} */ one) => [value(one.klarna_reference), formatTime(one.captured_at), one.captured_amount, one.refunded_amount, one.captured_amount - one.refunded_amount]);
    const lines = data.lines.map((/** @type {any} */ one) => [value(one.reference), value(one.name), one.ordered_quantity, one.captured_quantity, one.refunded_quantity, one.left_amount]);
    return h("div", { class: "stack" },
      table("Sums", ["Sum", "Minor units"], sums),
      table("Shipments", ["Shipment", "Captured at", "Captured", "Refunded", "Free"], captures),
      table("Lines", ["Reference", "Name", "Ordered", "Captured", "Refunded", "Left, amount"], lines));
  }

  function sameTab() {
    const control = (/** @type {string} */ label, /** @type {string} */ text) => equivalent({ method: "GET", path: text }, label);
    return h("div", { class: "stack" },
      copyable("order id", data.order.order_id),
      control("This order", path), control("Its picture as SVG", `${path}/picture.svg`), control("The sandbox as a scenario", sandboxPath(place.sandbox, "scenario")));
  }

  void guarded(failure, load);
  const refresh = refresher(load);
  const observer = new ResizeObserver(() => {
    if (data && Math.abs(picture.element.clientWidth - drawnWidth) > 40) void drawPicture().catch(() => {});
  });
  observer.observe(picture.element);
  return {
    title: "Order",
    onEvents: (events) => {
      const id = data?.order.order_id;
      if (events.some((event) => event.type !== "entry" || !id || event.data.order_id === id)) void refresh();
    },
    close: () => observer.disconnect(),
  };
}

/** The hint on the refund itself, not on an earlier one.
 * @param {any} allocation
 * @returns {string}
 */
function hintOf(allocation) {
  const isRepeated = allocation.conditions.some((/** @type {any} */ one) => one.name === "no_earlier_failure" && !one.holds);
  return allocation.hints[isRepeated && allocation.hints.length > 1 ? 1 : 0] ?? "";
}

/** The first sentence of an event: what happened, without the figures behind it.
 * @param {string} text
 */
function shorten(text) {
  return text.length > 90 ? `${text.split(". ")[0]}.` : text;
}

/**
 * The first refund of each reason that is its own, and not that an earlier one failed.
 * @param {any[]} failed
 */
function causes(failed) {
  const reasons = new Map();
  for (const one of failed) {
    const { name, detail } = reasonOf(one);
    if (name !== "no_earlier_failure" && !reasons.has(detail)) reasons.set(detail, one);
  }
  return [...reasons.values()];
}

/** @param {any} allocation */
function reasonOf(allocation) {
  const failed = allocation.conditions.filter((/** @type {any} */ one) => !one.holds);
  return failed.find((/** @type {any} */ one) => one.name !== "no_earlier_failure") ?? failed[0] ?? { name: "", detail: "" };
}
