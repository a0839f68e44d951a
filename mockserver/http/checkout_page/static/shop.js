// @ts-check
/* Messages between the checkout page and the shop's page around it. What is sent goes to
   whichever page frames this one: it has got the key of the checkout order. */

const ANSWER_TIMEOUT = 30000; // milliseconds

/** @type {Map<number, (answer: {should_proceed?: unknown, message?: unknown}) => void>} */
const waiting = new Map();

/** Whether a shop's page is around this page. */
export const isFramed = window.parent !== window;

/** @param {Record<string, unknown>} message */
function send(message) {
  if (isFramed) window.parent.postMessage(message, "*");
}

/**
 * Fire an event of the JS API.
 * @param {string} name
 * @param {unknown} payload
 */
export function fire(name, payload = {}) {
  send({ type: "event", name, payload });
}

/** Ask for the page's height, now and whenever it changes. */
export function reportHeight() {
  const observer = new ResizeObserver(() => {
    send({ type: "height", height: Math.ceil(document.body.getBoundingClientRect().height) });
  });
  observer.observe(document.body);
}

/**
 * Ask the shop's page whether the purchase may go on.
 * @returns {Promise<{should_proceed?: unknown, message?: unknown} | null>} null without a response in time
 */
export function validate() {
  if (!isFramed) return Promise.resolve({ should_proceed: true });
  const id = waiting.size + Date.now();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ANSWER_TIMEOUT);
    waiting.set(id, (answer) => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve(answer);
    });
    send({ type: "validate", id });
  });
}

/**
 * Send the shop's window to an address.
 * @param {string} url
 */
export function redirect(url) {
  if (isFramed) send({ type: "redirect", url });
  else if (/^https?:/i.test(url)) location.assign(url);
}

/**
 * Listen to the shop's page.
 * @param {{suspend: () => void, resume: () => void}} handlers
 */
export function listen(handlers) {
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !isFramed) return;
    const message = event.data ?? {};
    if (message.type === "suspend") handlers.suspend();
    if (message.type === "resume") handlers.resume();
    if (message.type === "validated") waiting.get(message.id)?.(message);
  });
  send({ type: "ready" });
}
