// @ts-check
/** Coverage of the API contract by the requests of a sandbox: tiers, statuses, gaps. */

import { count, group, h, table, value } from "./dom.js";

const GAPS_SHOWN = 8;

/**
 * The operations in use against the statuses of an order, as rows of cells.
 * @param {any[]} cells
 * @returns {{statuses: string[], rows: {operation: string, cells: (any | null)[]}[]}}
 */
export function matrix(cells) {
  const inStatus = cells.filter((cell) => cell.id.startsWith("status/")).map((cell) => ({ cell, parts: cell.id.split("/") }));
  const names = (/** @type {number} */ part) => [...new Set(inStatus.map(({ parts }) => parts[part]))];
  const statuses = names(2);
  const byId = new Map(inStatus.map(({ cell }) => [cell.id, cell]));
  const rows = names(1).map((operation) => ({ operation, cells: statuses.map((status) => byId.get(`status/${operation}/${status}`) ?? null) }));
  return { statuses, rows };
}

/**
 * @param {any} report
 * @param {(entry: string) => string} link the address of an entry of the journal
 */
export function drawCoverage(report, link) {
  if (!report.used.length) return h("p", { class: "muted" }, "No request yet. Run the shop's tests: this shows which rules of the contract they tried, and which not.");
  const { statuses, rows } = matrix(report.cells);
  const missing = report.cells.filter((/** @type {any} */ cell) => !cell.count);
  const gaps = (/** @type {any[]} */ cells) => table("Never tried", ["Never tried", "Tier", "Cell"], cells.map((cell) => [value(cell.text), cell.tier, h("span", { class: "mono muted" }, cell.id)]));
  return [
    h("div", { class: "tiers" }, Object.entries(report.tiers).map(([tier, figures]) => drawTier(tier, figures))),
    h("p", { class: "muted" }, `In use: ${report.used.join(", ").replaceAll("_", " ")}. Operations that no request named do not count.`),
    rows.length ? h("div", { class: "hint" }, table("Operations by status", ["Operation", ...statuses], rows.map((row) => [
      row.operation.replaceAll("_", " "), ...row.cells.map((cell) => cell && drawCell(cell, link))]), "matrix")) : null,
    missing.length ? h("div", { class: "hint" }, gaps(missing.slice(0, GAPS_SHOWN))) : null,
    missing.length > GAPS_SHOWN ? h("details", { class: "hint" }, h("summary", { class: "muted small" }, `${count(missing.length - GAPS_SHOWN, "more rule")} never tried`), gaps(missing.slice(GAPS_SHOWN))) : null,
  ];
}

/**
 * @param {string} tier
 * @param {any} figures
 */
function drawTier(tier, { covered, total, percent }) {
  return [
    h("strong", null, tier),
    h("span", { class: "number" }, `${group(covered)} of ${group(total)}`),
    h("span", { class: "number" }, total ? `${percent} %` : "-"),
    h("meter", { min: 0, max: 100, value: total ? percent : 0, "aria-label": `Met of ${tier}` }),
  ];
}

/**
 * @param {any} cell
 * @param {(entry: string) => string} link
 */
function drawCell(cell, link) {
  if (!cell.count) return h("span", { class: "muted", title: cell.text }, "not tried");
  const label = `✓ ${group(cell.count)}`;
  return cell.first ? h("a", { class: "passed", href: link(cell.first), title: `${cell.text}; the first request` }, label) : h("span", { class: "passed" }, label);
}
