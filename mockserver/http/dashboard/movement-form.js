// @ts-check
/** Capture or refund from the page: lines to choose from, and a drawing before it is sent. */

import { call, sandboxPath } from "./api.js";
import { equivalent, perform } from "./actions.js";
import { fill, group, h, value } from "./dom.js";
import { numberRefunds } from "./format.js";
import { Picture } from "./picture.js";

const ORDERS = "/ordermanagement/v1/orders";
const LINE_KEYS = ["reference", "type", "name", "quantity", "unit_price", "tax_rate", "total_amount", "total_discount_amount", "total_tax_amount"];

/**
 * The lines that can be captured or refunded, by shipment.
 * @param {"capture" | "refund"} kind
 * @param {any} data the details of an order
 * @returns {{label: string, lines: any[]}[]}
 */
export function lineGroups(kind, data) {
  if (kind === "capture") return [{ label: "Lines of the order", lines: data.order.order_lines ?? [] }];
  return (data.order.captures ?? []).map((/** @type {any} */ capture) => ({ label: capture.klarna_reference, lines: capture.order_lines ?? [] }));
}

/**
 * The body of the request.
 * @param {"capture" | "refund"} kind
 * @param {number} amount
 * @param {any[]} lines
 */
export function movementBody(kind, amount, lines) {
  const sent = lines.map((line) => Object.fromEntries(LINE_KEYS.filter((key) => line[key] !== undefined).map((key) => [key, line[key]])));
  const body = /** @type {Record<string, unknown>} */ ({ [kind === "capture" ? "captured_amount" : "refunded_amount"]: amount });
  if (sent.length) body.order_lines = sent;
  return body;
}

/**
 * @param {"capture" | "refund"} kind
 * @param {string} sandbox
 * @param {any} data
 * @param {() => Promise<void>} done
 */
export function openMovement(kind, sandbox, data, done) {
  const id = data.order.order_id;
  const title = kind === "capture" ? "Capture" : "Refund";
  const groups = lineGroups(kind, data);
  const boxes = groups.map((one) => one.lines.map((line) => ({
    line,
    box: h("input", { type: "checkbox" }),
    reference: h("input", { value: line.reference ?? "", "aria-label": `Reference of ${line.name}`, size: 12 }),
  })));
  const amount = h("input", { inputmode: "numeric", pattern: "[0-9]+", required: true, value: "0" });
  const dryRun = new Picture(() => {});
  const verdict = h("p", { role: "status" });
  const same = h("div");
  let isAmountTyped = false;
  amount.addEventListener("input", () => { isAmountTyped = true; });

  const chosen = () => boxes.flat().filter(({ box }) => box.checked).map(({ line, reference }) => ({ ...line, reference: reference.value || undefined }));
  const body = () => movementBody(kind, Number(amount.value), chosen());
  const action = () => ({
    method: "POST", path: sandboxPath(sandbox, "requests"),
    body: { method: "POST", path: `${ORDERS}/${id}/${kind}s`, body: body() },
    step: { action: kind, argument: { order: data.name ?? id, amount: Number(amount.value), lines: chosen().map((line) => Object.fromEntries(["reference", "name", "quantity", "unit_price", "tax_rate", "total_amount"].filter((key) => line[key] !== undefined).map((key) => [key, line[key]]))) } },
  });

  let updates = 0;

  async function update() {
    const number = (updates += 1);
    if (!isAmountTyped) amount.value = String(chosen().reduce((sum, line) => sum + line.total_amount, 0));
    fill(same, equivalent(action()));
    if (kind === "capture" || !/^\d+$/.test(amount.value)) return;
    try {
      const refund = body();
      const explanation = await call("POST", sandboxPath(sandbox, "explain"), { order_id: id, refund });
      if (number !== updates) return;
      const hint = (explanation.refusal ?? explanation).hints?.[0];
      fill(verdict, explanation.refusal ? `Would be refused: ${explanation.refusal.message}` : { allocated: "✓ It would be allocated.", failed: "✗ It would be accepted, but not allocated.", not_attempted: "○ It would be accepted without an allocation." }[/** @type {string} */ (explanation.outcome)], hint ? h("span", { class: "hint muted block" }, "→ ", value(numberRefunds(hint, data.allocations))) : null,
        explanation.faults.length ? h("span", { class: "warning block" }, "⚡ Faults that would fire: ", value(explanation.faults.join("; "))) : null);
      verdict.className = explanation.refusal || explanation.outcome === "failed" ? "failed" : "";
      await dryRun.draw({ path: `${sandboxPath(sandbox, `orders/${id}`)}/picture.svg`, body: refund });
    } catch (error) {
      if (number === updates) fill(verdict, error instanceof Error ? error.message : "");
    }
  }

  async function send() {
    const answer = await perform(action(), `${title} sent`);
    if (!answer) return;
    if (answer.status === 201 || answer.lost) dialog.close();
    else fill(verdict, `${answer.status}: ${(answer.body?.error_messages ?? []).join("; ")}`);
    await done();
  }

  const dialog = h("dialog", { class: kind === "refund" ? "wide" : null, "aria-labelledby": "movement-title", close: () => dialog.remove(), input: () => void update() },
    h("form", { method: "dialog", submit: (/** @type {SubmitEvent} */ event) => {
      if (event.submitter?.getAttribute("value") === "no") return;
      event.preventDefault();
      void send();
    } },
    h("h2", { id: "movement-title" }, title),
    groups.map((one, index) => h("fieldset", { class: "form" }, h("legend", { class: "muted" }, value(one.label)),
      (boxes[index] ?? []).map(({ box, line, reference }) => h("div", { class: "line" },
        h("label", { class: "inline" }, box, h("span", null, value(line.name))), h("span", { class: "number" }, group(line.total_amount)), reference)))),
    groups.length ? null : h("p", { class: "muted" }, "Nothing is captured yet."),
    h("label", null, "Amount, minor units", amount),
    verdict,
    h("div", { class: "row" }, h("button", { class: "primary" }, "Send it"), h("button", { value: "no", formnovalidate: true }, "Cancel")),
    kind === "refund" ? dryRun.element : null,
    same));
  document.querySelector("#dialogs")?.append(dialog);
  dialog.showModal();
  void update();
}
