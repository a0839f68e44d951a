// @ts-check
/** Act on a sandbox, and show the same action for a shell and for a scenario. */

import { ApiError, absolute, call, hasToken, mediaType } from "./api.js";
import { fill, h, toast, value } from "./dom.js";
import { curlLine, scenarioStep } from "./format.js";

/**
 * @typedef {object} Action
 * @property {string} method
 * @property {string} path
 * @property {unknown} [body]
 * @property {{action: string, argument: unknown}} [step] the same in a scenario
 */

/**
 * The equivalent of an action: its curl line, and its step in a scenario.
 * @param {Action} action
 * @param {string} [label] of what the call does
 */
export function equivalent(action, label = "The same") {
  const curl = curlLine(action.method, absolute(action.path), action.body, { token: hasToken(), type: mediaType(action.body) });
  const parts = [copyable("curl", curl)];
  if (action.step) parts.push(copyable("Scenario step", scenarioStep(action.step.action, action.step.argument)));
  return h("details", { class: "equivalent" }, h("summary", null, `${label} with curl`, action.step ? " and as a scenario step" : ""), parts);
}

/**
 * @param {string} name
 * @param {string} text
 */
export function copyable(name, text) {
  return h("div", null,
    h("pre", { tabindex: 0, "aria-label": name }, text),
    h("button", { class: "quiet", type: "button", click: () => copy(text) }, `Copy ${name}`));
}

/** @param {string} text */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied");
  } catch {
    toast("The browser does not allow copying here; select the text instead");
  }
}

/**
 * Run an action; a refusal is said, not thrown.
 * @param {Action} action
 * @param {string} done what to say afterwards
 * @returns {Promise<any>} the response, or undefined
 */
export async function perform(action, done) {
  try {
    const answer = await call(action.method, action.path, action.body);
    toast(done);
    return answer ?? null;
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/**
 * A button that asks first, naming what is lost.
 * @param {string} label
 * @param {string} question
 * @param {Action} action
 * @param {(answer: any) => void} done
 */
export function riskyButton(label, question, action, done) {
  return h("button", {
    type: "button", class: "danger",
    click: async () => {
      if (!(await ask(label, question, action))) return;
      const answer = await perform(action, `${label}: done`);
      if (answer !== undefined) done(answer);
    },
  }, label);
}

/**
 * @param {string} title
 * @param {string} question
 * @param {Action} action
 * @returns {Promise<boolean>}
 */
export function ask(title, question, action) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "ask-title", close: () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    } },
    h("form", { method: "dialog" },
      h("h2", { id: "ask-title" }, title),
      h("p", null, question),
      h("div", { class: "row" },
        h("button", { class: "primary danger", value: "yes" }, title),
        h("button", { value: "no" }, "Cancel")),
      equivalent(action)));
    document.querySelector("#dialogs")?.append(dialog);
    dialog.showModal();
  });
}

/**
 * What a refused call said, with what to do.
 * @param {unknown} error
 * @param {() => void} retry
 */
export function problem(error, retry) {
  const text = error instanceof Error ? error.message : String(error);
  const isMissing = error instanceof ApiError && error.status === 404;
  return h("div", { class: "finding", role: "alert" },
    h("p", null, h("strong", null, isMissing ? "Not found: " : "That did not work: "), value(text), "."),
    h("div", { class: "row hint" }, h("button", { type: "button", click: retry }, "Try again"),
      isMissing ? h("a", { href: "#/" }, "All sandboxes") : null));
}

/** @type {WeakMap<Element, string>} */
const shownData = new WeakMap();

/**
 * Whether an element is to show other data than the last time. What is the same is not drawn
 * again, so that focus, selection and a pressed button stay.
 * @param {Element} element
 * @param {unknown} data
 */
export function isNew(element, data) {
  const text = JSON.stringify(data);
  const differs = shownData.get(element) !== text;
  shownData.set(element, text);
  return differs;
}

/**
 * Load something into an element; shows what went wrong instead.
 * @param {Element} element
 * @param {() => Promise<void>} load
 */
export async function guarded(element, load) {
  try {
    await load();
  } catch (error) {
    shownData.delete(element);
    if (!element.isConnected) return;
    const failure = problem(error, () => guarded(element, load).then(() => failure.remove()));
    fill(element, failure);
  }
}

/**
 * Load again whenever something happened: at once, but never twice at the same time, and not
 * more often than twice a second.
 * @param {() => Promise<void>} load
 */
export function refresher(load) {
  let isRunning = false;
  let isStale = false;
  return async function refresh() {
    isStale = true;
    if (isRunning) return;
    isRunning = true;
    while (isStale) {
      isStale = false;
      await load().catch(() => {});
      await new Promise((resolve) => { setTimeout(resolve, 400); });
    }
    isRunning = false;
  };
}
