// @ts-check
/** Write times and amounts, and the same action for a shell and for a scenario. */

/**
 * A time of the API, as people read it: UTC, without milliseconds.
 * @param {string | null | undefined} time
 */
export function formatTime(time) {
  return time ? time.slice(0, 19).replace("T", " ") : "–";
}

/** @param {string | null | undefined} time */
export function formatClock(time) {
  return time ? time.slice(11, 23) : "–";
}

/** @param {string} text */
export function shellQuote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The curl line of a call.
 * @param {string} method
 * @param {string} url
 * @param {unknown} [body]
 * @param {{token?: boolean, type?: string, user?: string}} [options]
 */
export function curlLine(method, url, body, options = {}) {
  const parts = ["curl -sS"];
  if (method !== "GET" && !(method === "POST" && body !== undefined)) parts.push(`-X ${method}`);
  parts.push(shellQuote(url));
  if (options.user !== undefined) parts.push(`-u ${shellQuote(`${options.user}:secret`)}`);
  if (options.token) parts.push(`-H "Authorization: Bearer $KUSTOM_MOCK_ADMIN_TOKEN"`);
  if (body !== undefined) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    parts.push(`-H 'Content-Type: ${options.type ?? "application/json"}'`);
    parts.push(`--data-binary ${shellQuote(text)}`);
  }
  return parts.join(" \\\n  ");
}

/**
 * A value in YAML's flow style, on one line.
 * @param {unknown} item
 * @returns {string}
 */
export function flowYaml(item) {
  if (Array.isArray(item)) return `[${item.map(flowYaml).join(", ")}]`;
  if (item !== null && typeof item === "object") {
    const pairs = Object.entries(item).map(([key, part]) => `${scalar(key)}: ${flowYaml(part)}`);
    return `{${pairs.join(", ")}}`;
  }
  return typeof item === "string" ? scalar(item) : String(item);
}

/** @param {string} text */
function scalar(text) {
  const plain = /^[A-Za-z][\w -]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return plain && !text.endsWith(" ") ? text : JSON.stringify(text);
}

/**
 * A step of a scenario.
 * @param {string} action
 * @param {unknown} argument
 */
export function scenarioStep(action, argument) {
  return `steps:\n  - ${action}: ${flowYaml(argument)}`;
}

/** @param {string} outcome */
export function outcomeSign(outcome) {
  return { allocated: "✓", failed: "✗", not_attempted: "○" }[outcome] ?? "";
}

/** @param {string} outcome */
export function outcomeWords(outcome) {
  return { allocated: "allocated", failed: "not allocated", not_attempted: "not attempted" }[outcome] ?? outcome;
}

/** @param {string} outcome */
export function outcomeClass(outcome) {
  return { allocated: "passed", failed: "failed", not_attempted: "warning" }[outcome] ?? "";
}

/**
 * Name refunds by their number, not by their id.
 * @param {string} text
 * @param {{refund_id: string, number: number}[]} allocations
 */
export function numberRefunds(text, allocations) {
  return allocations.reduce((result, one) => result.replaceAll(` (${one.refund_id})`, "").replaceAll(one.refund_id, String(one.number)), text);
}

/**
 * Write what the merchant sees as JSON; `merchant_data` may hold a login cookie.
 * @param {unknown} value
 */
export function merchantJson(value) {
  const mask = (/** @type {string} */ key, /** @type {unknown} */ item) => (key === "merchant_data" && item ? "masked" : item);
  return JSON.stringify(value, mask, 2);
}
