// @ts-check
/** The shell: routes, header, navigation, and the connection to the sandbox that is shown. */

import { get, onTokenNeeded, sandboxPath } from "./api.js";
import { problem } from "./actions.js";
import { fill, h, value } from "./dom.js";
import { formatTime } from "./format.js";
import { Follower } from "./stream.js";

/**
 * @typedef {object} Place
 * @property {string} sandbox
 * @property {string} view
 * @property {string} item
 * @property {URLSearchParams} query
 */
/** @typedef {import("./stream.js").ServerEvent} ServerEvent */
/**
 * @typedef {object} View
 * @property {string} title
 * @property {(events: ServerEvent[]) => void} [onEvents]
 * @property {(place: Place) => boolean} [onPlace] whether the view followed the new address itself
 * @property {() => void} [close]
 */

const VIEWS = /** @type {Record<string, [string, () => Promise<{show: (root: Element, place: Place) => View}>]>} */ ({
  orders: ["Orders", () => import("./view-orders.js")],
  journal: ["Journal", () => import("./view-journal.js")],
  faults: ["Faults", () => import("./view-faults.js")],
  clock: ["Clock", () => import("./view-clock.js")],
  scenario: ["Scenario", () => import("./view-scenario.js")],
  checkouts: ["Checkouts", () => import("./view-checkouts.js")],
  deliveries: ["Deliveries", () => import("./view-deliveries.js")],
  snapshots: ["Snapshots", () => import("./view-snapshots.js")],
  checks: ["Checks", () => import("./view-checks.js")],
});

const header = /** @type {HTMLElement} */ (document.querySelector("#header"));
const nav = /** @type {HTMLElement} */ (document.querySelector("#nav"));
const main = /** @type {HTMLElement} */ (document.querySelector("#main"));
const offline = /** @type {HTMLElement} */ (document.querySelector("#offline"));

const dot = h("span", { class: "dot", "aria-hidden": "true" });
const connection = h("span", { role: "status" });
const clock = h("a", { class: "muted", title: "The clock of this sandbox, in UTC" });
const sandboxLink = h("a", { href: "#/" }, "all sandboxes");
const liveState = h("span", { class: "state", hidden: true }, dot, connection);

/** @type {View | null} */
let view = null;
/** @type {Follower | null} */
let follower = null;
/** @type {Place | null} */
let place = null;
let brokenSince = "";
let shownState = "";
/** @type {ServerEvent[]} */
let waiting = [];
let navigation = 0;

/**
 * @param {string} hash
 * @returns {Place}
 */
export function parsePlace(hash) {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  const isSandbox = parts[0] === "s" && parts[1] !== undefined;
  return {
    sandbox: isSandbox ? (parts[1] ?? "") : "",
    view: isSandbox ? (parts[2] ?? "orders") : "sandboxes",
    item: isSandbox ? (parts[3] ?? "") : "",
    query: new URLSearchParams(query),
  };
}

async function route() {
  const next = parsePlace(location.hash);
  const isSame = place !== null && ["sandbox", "view", "item"].every((key) => Reflect.get(next, key) === Reflect.get(/** @type {Place} */ (place), key));
  if (isSame && view?.onPlace?.(next)) {
    place = next;
    return;
  }
  const number = (navigation += 1);
  if (!place || place.sandbox !== next.sandbox) follow(next.sandbox);
  place = next;
  drawNavigation(next);
  const load = next.view === "sandboxes" ? () => import("./view-sandboxes.js") : VIEWS[next.view]?.[1];
  if (!load) {
    fill(main, h("p", { class: "empty" }, "There is no such page. ", h("a", { href: "#/" }, "All sandboxes")));
    return;
  }
  try {
    const module = await load();
    if (number !== navigation) return;
    view?.close?.();
    const root = h("div", { class: "stack" });
    fill(main, root);
    view = module.show(root, next);
    main.dataset.place = location.hash;
    if (number > 1) main.focus({ preventScroll: true }); // the link that led here may be gone
    document.title = [view.title, next.sandbox, "kustom-mock"].filter(Boolean).join(" · ");
  } catch (error) {
    fill(main, problem(error, () => void route()));
  }
}

/** @param {Place} next */
function drawNavigation(next) {
  const base = `#/s/${encodeURIComponent(next.sandbox)}`;
  fill(nav, next.sandbox ? Object.entries(VIEWS).map(([name, [label]]) =>
    h("a", { href: `${base}/${name}`, "aria-current": name === next.view ? "page" : null }, label)) : []);
  nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  fill(sandboxLink, next.sandbox ? value(next.sandbox) : "all sandboxes");
  sandboxLink.setAttribute("href", next.sandbox ? base : "#/");
  clock.setAttribute("href", `${base}/clock`);
  liveState.hidden = clock.hidden = !next.sandbox;
}

/** @param {string} sandbox */
function follow(sandbox) {
  follower?.close();
  follower = null;
  waiting = [];
  setState("connecting", "");
  if (!sandbox) return;
  follower = new Follower(sandbox, { events: collect, state: setState });
  get(sandboxPath(sandbox)).then(drawClock, () => {});
}

/**
 * Gather events, and apply them once for each frame.
 * @param {ServerEvent[]} events
 */
function collect(events) {
  if (!waiting.length) requestAnimationFrame(apply);
  waiting.push(...events);
}

function apply() {
  const events = waiting;
  waiting = [];
  const summary = events.findLast((event) => event.type === "sandbox");
  if (summary) drawClock(summary.data);
  view?.onEvents?.(events);
}

/** @param {{now?: string, frozen: boolean}} summary */
function drawClock(summary) {
  if (summary.now) fill(clock, `${formatTime(summary.now)} ${summary.frozen ? "frozen" : ""}`);
}

/**
 * @param {string} state
 * @param {string} detail
 */
function setState(state, detail) {
  const next = `${state} ${detail}`;
  if (next === shownState) return; // called for every piece of the stream
  shownState = next;
  dot.className = `dot ${state}`;
  const isBroken = state === "broken";
  if (isBroken && !brokenSince) brokenSince = new Date().toTimeString().slice(0, 5);
  if (!isBroken && state !== "connecting") brokenSince = "";
  fill(connection, isBroken ? "not live" : state === "gone" ? "no such sandbox" : state);
  offline.hidden = !brokenSince;
  if (brokenSince) offline.textContent = `Not live since ${brokenSince}, ${detail || "connecting"}. What you see may be old.`;
}

/** @param {string} message */
function askForToken(message) {
  return new Promise((resolve) => {
    const input = h("input", { type: "password", autocomplete: "off", required: true, "aria-label": "Admin token" });
    const dialog = h("dialog", { "aria-labelledby": "token-title", close: () => {
      dialog.remove();
      resolve(input.value);
    } },
    h("form", { method: "dialog" },
      h("h2", { id: "token-title" }, "Admin token"),
      h("p", null, message && h("strong", { class: "failed" }, `${message} `), "This server was started with --admin-token. It is kept until this tab is closed."),
      input,
      h("div", { class: "row" }, h("button", { class: "primary" }, "Use it"))));
    dialog.addEventListener("cancel", (/** @type {Event} */ event) => event.preventDefault());
    document.querySelector("#dialogs")?.append(dialog);
    dialog.showModal();
  });
}

const THEMES = ["system", "light", "dark"];

function themeButton() {
  const button = h("button", { class: "quiet", type: "button", title: "Theme: system, light or dark", click: () => {
    const current = document.documentElement.dataset.theme ?? "system";
    const next = THEMES[(THEMES.indexOf(current) + 1) % THEMES.length] ?? "system";
    if (next === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    fill(button, `◐ ${next}`);
  } }, "◐ system");
  return button;
}

const SHORTCUTS = /** @type {Record<string, string>} */ ({ o: "orders", j: "journal", f: "faults", c: "clock", s: "scenario", d: "deliveries" });

function showShortcuts() {
  const rows = [["/", "search or filter"], ["g, then o j f c s d", "orders, journal, faults, clock, scenario, deliveries"], ["j, k or arrows", "next or previous row"], ["Enter, Esc", "open, close"], ["?", "this list"]];
  const dialog = h("dialog", { "aria-label": "Keyboard shortcuts", close: () => dialog.remove() },
    h("form", { method: "dialog" }, h("h2", null, "Keyboard"),
      h("table", null, h("tbody", null, rows.map(([keys, does]) => h("tr", null, h("th", { scope: "row" }, keys), h("td", null, does))))),
      h("div", null, h("button", null, "Close"))));
  document.querySelector("#dialogs")?.append(dialog);
  dialog.showModal();
}

let wasG = false;
addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof Element && event.target.matches("input, textarea, select, dialog *");
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = wasG ? SHORTCUTS[event.key] : undefined;
  wasG = event.key === "g";
  if (target && place?.sandbox) {
    event.preventDefault();
    event.stopPropagation();
    location.hash = `#/s/${encodeURIComponent(place.sandbox)}/${target}`;
  } else if (event.key === "/") {
    event.preventDefault();
    /** @type {HTMLElement | null} */ (main.querySelector("input[type=search]"))?.focus();
  } else if (event.key === "?") showShortcuts();
}, true);

document.querySelector(".skip")?.addEventListener("click", (event) => {
  event.preventDefault(); // the address names the place, not a part of the page
  main.focus();
});
fill(header,
  h("a", { class: "brand", href: "#/" }, "kustom-mock"), sandboxLink,
  h("span", { class: "spacer" }), liveState, clock, themeButton(),
  h("button", { class: "quiet", type: "button", "aria-label": "Keyboard shortcuts", click: showShortcuts }, "?"));
onTokenNeeded(askForToken);
addEventListener("hashchange", () => void route());
void route();
