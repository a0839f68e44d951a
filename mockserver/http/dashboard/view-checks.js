// @ts-check
/** Verdict, audit, invariants and coverage of a sandbox. */

import { get, sandboxPath } from "./api.js";
import { equivalent, guarded, isNew, refresher } from "./actions.js";
import { drawCoverage } from "./coverage.js";
import { fill, group, h, value } from "./dom.js";

/**
 * @param {Element} root
 * @param {import("./app.js").Place} place
 * @returns {import("./app.js").View}
 */
export function show(root, place) {
  const path = (/** @type {string} */ name) => sandboxPath(place.sandbox, name);
  const body = h("div", { class: "stack" }, h("p", { class: "empty" }, "Loading…"));
  fill(root, h("div", { class: "head" }, h("h1", null, "Checks")), body);

  async function load() {
    const [verdict, audit, invariants, coverage] = await Promise.all([get(path("verdict")), get(path("audit")), get(path("invariants")), get(path("coverage/report"))]);
    if (!isNew(body, [verdict, audit, invariants, coverage])) return;
    fill(body, drawVerdict(verdict), drawAudit(audit), drawInvariants(invariants),
      section("Coverage", null, drawCoverage(coverage, entryLink), equivalent({ method: "GET", path: path("coverage/report") })));
  }

  /** @param {string} id */
  function entryLink(id) {
    return `#/s/${encodeURIComponent(place.sandbox)}/journal?entry=${encodeURIComponent(id)}`;
  }

  /** @param {any} verdict */
  function drawVerdict(verdict) {
    return section("Verdict", verdict.expectations.length ? passed(verdict.passed, "") : h("span", { class: "muted" }, "The scenario expects nothing; write what must hold under expect:."),
      verdict.expectations.length ? h("ul", { class: "conditions" }, verdict.expectations.map((/** @type {any} */ one) => h("li", null, mark(one.passed), h("span", null, value(one.text))))) : null,
      equivalent({ method: "GET", path: path("verdict") }));
  }

  /** @param {any} audit */
  function drawAudit(audit) {
    return section("Audit", h("span", { class: "muted" }, `${group(audit.judged)} of ${group(audit.requests)} requests judged`),
      audit.findings.length ? audit.findings.slice(0, 100).map(drawFinding) : h("p", { class: "muted" }, audit.requests ? "Nothing to find fault with." : "No request yet. The audit looks at how the shop uses the API."),
      equivalent({ method: "GET", path: path("audit") }));
  }

  /** @param {any} one */
  function drawFinding(one) {
    const entry = one.requests?.[0];
    return h("article", { class: "audit" },
      h("h3", null, h("span", { class: one.severity === "error" ? "failed" : "warning" }, `${one.code} `), value(one.title)),
      h("p", null, value(one.detail), " ", entry ? h("a", { href: entryLink(entry) }, "request") : null),
      one.hint ? h("p", { class: "muted" }, "→ ", value(one.hint)) : null);
  }

  /** @param {any} invariants */
  function drawInvariants(invariants) {
    const broken = invariants.orders.filter((/** @type {any} */ one) => one.violations.length);
    return section("Sums", passed(invariants.passed, ""), broken.length ? null : h("p", { class: "muted" }, "Captures, refunds and authorizations of every order add up."), broken.map((/** @type {any} */ one) => h("p", { class: "failed" }, value(`${one.order_id}: ${one.violations.join("; ")}`))));
  }

  void guarded(body, load);
  return { title: "Checks", onEvents: refresher(load) };
}

/**
 * @param {string} title
 * @param {any} note
 * @param {...any} children
 */
function section(title, note, ...children) {
  return h("section", { class: "panel", "aria-label": title }, h("div", { class: "row head-of" }, h("h2", null, title), note), children);
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
