// @ts-check
/** The journal: every request live, with filters, and why each got its response. */

import { get, sandboxPath } from "./api.js";
import { copyable, equivalent, guarded, riskyButton } from "./actions.js";
import { fill, group, h, table, value, visibleLines } from "./dom.js";
import { curlLine, formatClock, formatTime, outcomeClass, outcomeSign, outcomeWords } from "./format.js";
import { VirtualList } from "./list.js";

const LIMIT = 10000;

/**
 * Whether a row passes the filters.
 * @param {any} row
 * @param {{text: string, outcome: string}} filter
 */
export function matches(row, { text, outcome }) {
  const isBad = row.status >= 400 || row.outcome === "failed" || row.faults.length > 0;
  if (outcome === "bad" && !isBad) return false;
  if (outcome === "failed" && row.outcome !== "failed") return false;
  if (outcome === "refused" && row.status < 400) return false;
  if (outcome === "faulted" && !row.faults.length) return false;
  if (!text) return true;
  const words = `${row.method} ${row.path} ${row.operation} ${row.status} ${row.reason} ${row.correlation_id} ${row.faults.join(" ")}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every((word) => words.includes(word));
}

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = sandboxPath(place.sandbox, "requests");
  const text = h("input", { type: "search", placeholder: "Operation, path, status, reason, id", "aria-label": "Filter the journal", value: place.query.get("q") ?? "", input: filterAgain });
  const outcome = h("select", { "aria-label": "Outcome", change: filterAgain },
    [["", "all outcomes"], ["bad", "anything wrong"], ["failed", "not allocated"], ["refused", "refused"], ["faulted", "faulted"]].map(([key, label]) => h("option", { value: key, selected: key === (place.query.get("outcome") ?? "") }, label)));
  const count = h("span", { class: "muted", role: "status" });
  const detail = h("section", { class: "panel", "aria-label": "Request", "aria-live": "polite" }, h("p", { class: "muted" }, "Choose a request to see why it got its response."));
  const empty = h("div", { class: "empty", hidden: true });
  /** @type {any[]} */
  let rows = [];
  let total = 0;
  const list = new VirtualList("Requests, newest first", drawRow, (row) => void openEntry(row.correlation_id));
  const body = h("div", { class: "columns" }, h("div", null, list.element, empty), detail);
  const clear = riskyButton("Clear", "All entries and their counts are lost.", { method: "DELETE", path }, () => { rows = []; total = 0; filterAgain(); });
  fill(root, h("div", { class: "head" }, h("h1", null, "Journal"), text, outcome, count, h("span", { class: "spacer" }),
    clear), body);

  /**
   * @param {HTMLElement} element
   * @param {any} row
   */
  function drawRow(element, row) {
    const note = [row.reason, row.outcome && `${outcomeSign(row.outcome)} ${outcomeWords(row.outcome)}`, row.replayed && "↺ replayed",
      row.faults.length && `⚡ ${row.faults.join("; ")}`].filter(Boolean).join(" · ");
    const isBad = row.status >= 400 || row.status === 0 || row.outcome === "failed";
    fill(element,
      h("span", { class: "muted wide" }, `${row.at.slice(5, 10)} ${formatClock(row.at)}`),
      h("span", null, value(row.operation ?? `${row.method} ${row.path}`)),
      h("span", { class: "mono wide" }, value((row.order_id ?? "").slice(0, 8))),
      h("span", { class: row.status >= 400 || row.status === 0 ? "failed" : null }, row.status || "–"),
      h("span", { class: isBad ? "failed" : row.faults.length ? "warning" : row.outcome ? outcomeClass(row.outcome) : "muted" }, value(note)),
      h("span", { class: "muted number wide" }, `${row.took_ms.toFixed(1)} ms`));
  }

  const filter = () => ({ text: text.value.trim(), outcome: outcome.value });

  function filterAgain() {
    const wanted = filter();
    list.setItems(wanted.text || wanted.outcome ? rows.filter((row) => matches(row, wanted)) : rows.slice());
    drawCount();
  }

  function drawCount() {
    fill(count, list.items.length === total ? group(total) : `${group(list.items.length)} of ${group(total)}`);
    empty.hidden = list.items.length > 0;
    list.element.hidden = !list.items.length;
    detail.hidden = clear.hidden = !rows.length;
    fill(empty, rows.length ? "No request matches the filter." : [
      h("p", null, "No requests yet. Send a shop here: its API address is ", value(location.origin), ", its user name ", value(place.sandbox), ", its password anything."),
      copyable("curl", curlLine("GET", `${location.origin}/ordermanagement/v1/orders/an-order-id`, undefined, { user: place.sandbox }))]);
  }

  async function load() {
    const page = await get(`${path}?view=row&limit=${LIMIT}`);
    const arrived = rows.filter((row) => row.id > (page.last ?? 0)); // while the page was on its way
    rows = [...arrived, ...page.requests];
    total = page.total + arrived.length;
    filterAgain();
    const entry = place.query.get("entry");
    if (entry) await openEntry(entry);
  }

  /** @param {string} id */
  async function openEntry(id) {
    await guarded(detail, async () => {
      const entry = await get(`${path}/${encodeURIComponent(id)}`);
      fill(detail, drawEntry(entry));
    });
  }

  /** @param {any} entry */
  function drawEntry(entry) {
    const order = entry.order_id && h("a", { href: `#/s/${encodeURIComponent(place.sandbox)}/orders/${encodeURIComponent(entry.order_id)}` }, "order");
    return h("div", { class: "stack" },
      h("div", null, h("h2", null, value(`${entry.method} ${entry.operation ?? entry.path}`), ` → ${entry.status || "no response"}`),
        h("p", { class: "muted" }, `${formatTime(entry.at)} · ${entry.took_ms.toFixed(1)} ms · `, order),
        h("p", { class: "mono muted" }, value(entry.path))),
      h("div", null, h("h3", null, "Why"), h("pre", { tabindex: 0, "aria-label": "Why" }, visibleLines(entry.text)),
        entry.refusal ? h("p", { class: "muted small" }, "This rule is ", value(entry.refusal.provenance.mark), ": ", value(entry.refusal.provenance.source)) : null),
      entry.faults.length ? h("p", { class: "warning" }, "⚡ ", value(entry.faults.join("; ")), ". Sent: ", value(entry.sent), ".") : null,
      entry.notes.map((/** @type {string} */ note) => h("p", { class: "warning" }, value(note))),
      entry.before && entry.after ? changes(entry.before, entry.after) : null,
      message("Request", entry.request), message("Response", entry.response),
      equivalent({ method: "GET", path: `${path}/${entry.correlation_id}` }));
  }

  void guarded(detail, load);
  return {
    title: "Journal",
    onEvents: (events) => {
      const first = rows[0]?.id ?? 0;
      const isOther = events.some((event) => event.type === "reset" || event.type === "gone");
      if (isOther) rows = [];
      if (isOther || events.some((event) => event.type === "hello" && event.data.last > first)) {
        void load().catch(() => {});
        return;
      }
      const newer = events.filter((event) => event.type === "entry" && event.data.id > first).map((event) => event.data).reverse();
      if (!newer.length) return;
      rows.unshift(...newer);
      if (rows.length > LIMIT) rows.length = LIMIT;
      total += newer.length;
      const wanted = filter();
      list.prepend(newer.filter((row) => matches(row, wanted)), LIMIT);
      drawCount();
    },
    close: () => list.close(),
  };
}

/**
 * @param {Record<string, number>} before
 * @param {Record<string, number>} after
 */
function changes(before, after) {
  const rows = Object.keys(after).filter((name) => before[name] !== after[name]).map((name) => [name, before[name] ?? 0, after[name] ?? 0, (after[name] ?? 0) - (before[name] ?? 0)]);
  return rows.length ? table("What it changed", ["Sum", "Before", "After", "Change"], rows) : null;
}

/**
 * @param {string} name
 * @param {any} recorded
 */
function message(name, recorded) {
  if (!recorded) return h("p", { class: "muted" }, `${name}: no longer kept.`);
  const headers = Object.entries(recorded.headers).map(([key, text]) => `${key}: ${text}`).join("\n");
  let body = recorded.body;
  try {
    body = JSON.stringify(JSON.parse(body), null, 2);
  } catch { /* shown as it is */ }
  return h("details", { open: name === "Request" }, h("summary", null, name, recorded.cut ? `, the first part of ${group(recorded.bytes)} bytes` : ""),
    h("pre", { tabindex: 0, "aria-label": name }, visibleLines(body) || "no body"),
    h("pre", { tabindex: 0, "aria-label": `Headers of the ${name.toLowerCase()}` }, visibleLines(headers)));
}
