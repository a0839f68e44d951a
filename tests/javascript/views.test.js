import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document ??= { baseURI: "http://127.0.0.1/__admin/ui/" };
const { visible, visibleLines, group } = await import("../../mockserver/http/dashboard/dom.js");
const { visibleRange } = await import("../../mockserver/http/dashboard/list.js");
const { matches } = await import("../../mockserver/http/dashboard/view-journal.js");
const { matrix } = await import("../../mockserver/http/dashboard/coverage.js");
const { movementBody, lineGroups } = await import("../../mockserver/http/dashboard/movement-form.js");

test("characters that cannot be seen are shown as signs, as in pictures", () => {
  const cases = { plain: "plain", "a\x00b": "a␀b", "x\u202ey": "x⟨U+202E⟩y", "\ud800": "⟨U+D800⟩", " a ": "·a·", "<b>": "<b>" };
  for (const [text, shown] of Object.entries(cases)) assert.equal(visible(text), shown);
  assert.equal(visible("x".repeat(400)).length, 301);
  assert.equal(visibleLines("a\n  b\u200b"), "a\n  b⟨U+200B⟩");
});

test("amounts are grouped by thousands", () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(group), ["0", "999", "1 000", "1 234 567"]);
});

test("only the rows in sight are drawn", () => {
  const { first, last } = visibleRange(30000, 600, 30, 10000);
  assert.ok(first <= 1000 && last >= 1020 && last - first < 40);
  assert.deepEqual(visibleRange(0, 600, 30, 3), { first: 0, last: 3 });
  assert.deepEqual(visibleRange(900000, 600, 30, 10), { first: 10, last: 10 });
});

const ROW = { method: "POST", path: "/o/1/refunds", operation: "refund", status: 201, reason: null, outcome: "failed", correlation_id: "c1", faults: [] };

test("filters keep what is asked for", () => {
  const keeps = (row, text, outcome) => matches({ ...ROW, ...row }, { text, outcome });
  assert.ok(keeps({}, "", ""));
  assert.ok(keeps({}, "REFUND 201", ""));
  assert.ok(!keeps({}, "capture", ""));
  assert.ok(keeps({}, "", "failed"));
  assert.ok(!keeps({ outcome: "allocated" }, "", "bad"));
  assert.ok(keeps({ status: 403 }, "", "refused"));
  assert.ok(keeps({ faults: ["lost: reset"] }, "lost", "faulted"));
});

test("a refund has the lines of its shipment, and nothing else of them", () => {
  const line = { reference: "A", name: "Shirt", quantity: 1, total_amount: 5, quantity_unit: "", extra: 1 };
  const data = { order: { order_lines: [line], captures: [{ klarna_reference: "X-1", order_lines: [line] }] } };
  assert.equal(lineGroups("refund", data)[0].label, "X-1");
  assert.equal(lineGroups("capture", data)[0].lines.length, 1);
  assert.deepEqual(movementBody("refund", 5, [line]), { refunded_amount: 5, order_lines: [{ reference: "A", name: "Shirt", quantity: 1, total_amount: 5 }] });
  assert.deepEqual(movementBody("capture", 5, []), { captured_amount: 5 });
});

test("the matrix of coverage has a row for each operation and a column for each status", () => {
  const cell = (id) => ({ id, count: 0, text: id });
  const { statuses, rows } = matrix([cell("status/capture/AUTHORIZED"), cell("status/refund/CAPTURED"), cell("outcome/failed")]);
  assert.deepEqual(statuses, ["AUTHORIZED", "CAPTURED"]);
  assert.deepEqual(rows.map(({ operation, cells }) => [operation, cells.map((one) => one?.id ?? null)]), [
    ["capture", ["status/capture/AUTHORIZED", null]],
    ["refund", [null, "status/refund/CAPTURED"]],
  ]);
});
