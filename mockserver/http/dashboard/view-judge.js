// @ts-check
/** Verdict, audit, invariants and coverage of a sandbox. */

import { get, sandboxPath } from "./api.js";
import { equivalent, guarded, refresher } from "./actions.js";
import { fill, group, h, table, value } from "./dom.js";

/** @type {Promise<any> | null} */
let calls = null;

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = (/** @type {string} */ name) => sandboxPath(place.sandbox, name);
  const body = h("div", { class: "stack" }, h("p", { class: "empty" }, "Loading…"));
  fill(root, h("div", { class: "head" }, h("h1", null, "Judge")), body);

  async function load() {
    const [verdict, audit, invariants, coverage] = await Promise.all([get(path("verdict")), get(path("audit")), get(path("invariants")), readCoverage()]);
    fill(body, drawVerdict(verdict), drawAudit(audit), drawInvariants(invariants), coverage && drawCoverage(coverage));
  }

  /** Only some versions of the server have it. */
  async function readCoverage() {
    calls ??= get("/openapi.json");
    const { paths } = await calls;
    return paths["/__admin/sandboxes/{sandbox}/coverage"] ? get(path("coverage")) : null;
  }

  /** @param {any} verdict */
  function drawVerdict(verdict) {
    return section("Verdict", passed(verdict.passed, verdict.expectations.length ? "" : "the scenario expects nothing"),
      verdict.expectations.length ? table("Expectations", ["Result", "Expectation"], verdict.expectations.map((/** @type {any} */ one) => [mark(one.passed), value(one.text)])) : null,
      equivalent({ method: "GET", path: path("verdict") }));
  }

  /** @param {any} audit */
  function drawAudit(audit) {
    return section("Audit", h("span", { class: "muted" }, `${group(audit.judged)} of ${group(audit.requests)} requests judged`),
      audit.findings.length ? audit.findings.slice(0, 100).map(drawFinding) : h("p", { class: "muted" }, "The client behaved well."),
      equivalent({ method: "GET", path: path("audit") }));
  }

  /** @param {any} one */
  function drawFinding(one) {
    const entry = one.requests?.[0];
    return h("article", { class: "hint" },
      h("h3", null, h("span", { class: one.severity === "error" ? "failed" : "warning" }, `${one.code} `), value(one.title)),
      h("p", null, value(one.detail), " ", entry ? h("a", { href: `#/s/${encodeURIComponent(place.sandbox)}/journal?entry=${encodeURIComponent(entry)}` }, "request") : null),
      one.hint ? h("p", { class: "muted" }, "→ ", value(one.hint)) : null);
  }

  /** @param {any} invariants */
  function drawInvariants(invariants) {
    const broken = invariants.orders.filter((/** @type {any} */ one) => one.violations.length);
    return section("Money", passed(invariants.passed, ""), broken.map((/** @type {any} */ one) => h("p", { class: "failed" }, value(`${one.order_id}: ${one.violations.join("; ")}`))));
  }

  /** @param {any} coverage */
  function drawCoverage(coverage) {
    return section("Coverage", null, h("pre", { tabindex: 0, "aria-label": "Coverage" }, JSON.stringify(coverage, null, 2)));
  }

  void guarded(body, load);
  return { title: "Judge", onEvents: refresher(load) };
}

/**
 * @param {string} title
 * @param {any} note
 * @param {...any} children
 */
function section(title, note, ...children) {
  return h("section", { class: "panel", "aria-label": title }, h("div", { class: "row" }, h("h2", null, title), note), children);
}

/**
 * @param {boolean} isPassed
 * @param {string} note
 */
function passed(isPassed, note) {
  return h("span", { class: `badge ${isPassed ? "passed" : "failed"}` }, isPassed ? "passed" : "failed", note && `: ${note}`);
}

/** @param {boolean} isPassed */
function mark(isPassed) {
  return h("span", { class: isPassed ? "passed" : "failed", "aria-label": isPassed ? "passed" : "failed" }, isPassed ? "✓" : "✗");
}
