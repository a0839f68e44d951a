import assert from "node:assert/strict";
import { test } from "node:test";

import { curlLine, flowYaml, formatTime, merchantJson, numberRefunds, scenarioStep, shellQuote } from "../../mockserver/http/dashboard/format.js";

test("a curl line can be pasted into a shell", () => {
  assert.equal(curlLine("GET", "http://localhost:8566/__admin/sandboxes/shop"), "curl -sS \\\n  http://localhost:8566/__admin/sandboxes/shop");
  const line = curlLine("POST", "http://x/y z", { name: "it's" });
  assert.ok(line.includes("'http://x/y z'"));
  assert.ok(line.includes(`'{"name":"it'\\''s"}'`));
  assert.ok(!line.includes("-X"));
  assert.ok(curlLine("DELETE", "http://x/").includes("-X DELETE"));
  assert.ok(curlLine("GET", "http://x/", undefined, { token: true }).includes("$KUSTOM_MOCK_ADMIN_TOKEN"));
});

test("merchant_data is masked in JSON that is shown", () => {
  const order = { merchant_data: "cookie", order_lines: [{ merchant_data: "cookie", name: "a" }], other: { merchant_data: "" } };
  const shown = JSON.parse(merchantJson(order));
  assert.deepEqual(shown, { merchant_data: "masked", order_lines: [{ merchant_data: "masked", name: "a" }], other: { merchant_data: "" } });
});

test("refunds are named by their number instead of their id", () => {
  const refunds = [{ refund_id: "5febee36", number: 3 }];
  assert.equal(numberRefunds("After refund 3 (5febee36), none is", refunds), "After refund 3, none is");
  assert.equal(numberRefunds("refund 5febee36 failed", refunds), "refund 3 failed");
});

test("shell characters are quoted", () => {
  for (const text of ["$(rm)", "`x`", "a b", "'", ";", ""]) assert.ok(/^'/.test(shellQuote(text)), text);
  assert.equal(shellQuote("plain-1.2/x"), "plain-1.2/x");
});

test("a step is YAML on one line", () => {
  assert.equal(scenarioStep("advance", "28d"), 'steps:\n  - advance: "28d"');
  const refund = { order: "shipped", amount: 500, lines: [{ reference: "B2: x", name: "no" }] };
  assert.equal(flowYaml(refund), '{order: shipped, amount: 500, lines: [{reference: "B2: x", name: "no"}]}');
  assert.equal(flowYaml([true, null, 'a "b"']), '[true, null, "a \\"b\\""]');
});

test("times are short", () => {
  assert.equal(formatTime("2026-01-15T09:00:00.000Z"), "2026-01-15 09:00:00");
  assert.equal(formatTime(null), "–");
});
