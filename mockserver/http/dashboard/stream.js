// @ts-check
/** Follow the events of a sandbox: a stream that resumes, or polling where none comes through. */

import { ApiError, ROOT, authorization, call, renewToken, sandboxPath } from "./api.js";

/** @typedef {{type: string, id: string, data: any}} ServerEvent */
/** @typedef {"connecting" | "live" | "polling" | "broken" | "gone"} Connection */

const FIRST_BYTE = 3000; // milliseconds until a stream counts as held back by a proxy
const LONGEST_WAIT = 10000;
const POLL_INTERVAL = 2000;
const MAX_STREAMS = 4; // tabs; browsers open six connections to a server, for all tabs together
const HIDDEN_FOR = 10000;

/** Parse server-sent events, in whatever pieces they arrive. */
export class EventParser {
  constructor() {
    this.rest = "";
  }

  /**
   * @param {string} text
   * @returns {ServerEvent[]}
   */
  push(text) {
    const blocks = (this.rest + text).split("\n\n");
    this.rest = blocks.pop() ?? "";
    return blocks.map(parseBlock).filter((event) => event !== null);
  }
}

/**
 * @param {string} block
 * @returns {ServerEvent | null}
 */
function parseBlock(block) {
  const event = { type: "message", id: "", data: /** @type {any} */ (null) };
  const lines = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    const content = line.slice(colon + 1).replace(/^ /, "");
    if (line.startsWith("event:")) event.type = content;
    else if (line.startsWith("id:")) event.id = content;
    else if (line.startsWith("data:")) lines.push(content);
  }
  if (!lines.length) return null;
  event.data = JSON.parse(lines.join("\n"));
  return event;
}

/**
 * How long to wait before a new attempt: doubling, with some chance in it.
 * @param {number} failures
 * @param {number} chance
 */
export function backoff(failures, chance) {
  return Math.min(LONGEST_WAIT, 250 * 2 ** failures) * (0.75 + chance / 2);
}

/** Follows one sandbox until it is closed. */
export class Follower {
  /**
   * @param {string} sandbox
   * @param {{events: (events: ServerEvent[]) => void, state: (state: Connection, detail: string) => void}} listener
   */
  constructor(sandbox, listener) {
    this.sandbox = sandbox;
    this.listener = listener;
    this.position = /** @type {string | null} */ (null);
    this.failures = 0;
    this.heldBack = 0; // streams in a row of which nothing came, as behind some proxies
    this.streaming = false;
    this.closed = new AbortController();
    this.tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("kustom-mock") : null;
    this.tabs?.addEventListener("message", ({ data }) => {
      if (data === "who streams?" && this.streaming) this.tabs?.postMessage("I do");
    });
    void this.run();
  }

  close() {
    this.closed.abort();
    this.tabs?.close();
    this.tabs = null;
  }

  async run() {
    while (!this.closed.signal.aborted) {
      try {
        if ((await this.countStreams()) >= MAX_STREAMS || this.heldBack >= 2) await this.poll();
        else await this.stream();
      } catch (error) {
        if (this.closed.signal.aborted) return;
        this.failures += 1;
        const wait = backoff(this.failures, Math.random());
        const isGone = error instanceof ApiError && error.status === 404;
        this.listener.state(isGone ? "gone" : "broken", `trying again in ${Math.ceil(wait / 1000)} s`);
        if (isGone) this.listener.events([{ type: "gone", id: "", data: {} }]);
        await pause(wait, this.closed.signal);
      }
      this.streaming = false;
      await untilVisible(this.closed.signal);
    }
  }

  /** Ask the other tabs of this browser which of them have a stream. */
  async countStreams() {
    if (!this.tabs) return 0;
    let count = 0;
    const listener = (/** @type {MessageEvent} */ { data }) => {
      if (data === "I do") count += 1;
    };
    this.tabs.addEventListener("message", listener);
    this.tabs.postMessage("who streams?");
    await pause(80, this.closed.signal);
    this.tabs?.removeEventListener("message", listener);
    return count;
  }

  async stream() {
    const ended = new AbortController();
    const stop = () => ended.abort();
    this.closed.signal.addEventListener("abort", stop);
    const first = setTimeout(() => {
      this.heldBack += 1;
      stop();
    }, FIRST_BYTE);
    const hidden = whenHidden(stop);
    try {
      this.streaming = true;
      const query = this.position === null ? "" : `?after=${this.position}`;
      const headers = authorization();
      const response = await fetch(`${ROOT}${sandboxPath(this.sandbox, "events")}${query}`, {
        headers,
        signal: ended.signal,
        cache: "no-store",
      });
      if (response.status === 401) {
        clearTimeout(first);
        await renewToken(headers);
        return;
      }
      if (!response.ok || !response.body) throw new ApiError(response.status, null);
      const parser = new EventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) throw new ApiError(0, null);
        clearTimeout(first);
        this.failures = this.heldBack = 0;
        this.listener.state("live", "");
        this.receive(parser.push(value));
      }
    } catch (error) {
      if (!document.hidden) throw error;
    } finally {
      clearTimeout(first);
      hidden();
      this.closed.signal.removeEventListener("abort", stop);
    }
  }

  /** Read what is new again and again, for a minute; then a stream is tried again. */
  async poll() {
    for (let round = 0; round < 30 && !this.closed.signal.aborted; round += 1) {
      const after = this.position === null ? "?view=row&limit=1" : `?view=row&after=${this.position}&limit=500`;
      const page = await call("GET", sandboxPath(this.sandbox, `requests${after}`), undefined, this.closed.signal);
      const rows = this.position === null ? [] : [...page.requests].reverse();
      this.listener.state("polling", "");
      const last = page.last ?? 0;
      if (this.position !== null && last < Number(this.position)) this.receive([{ type: "reset", id: "", data: { last } }]);
      this.receive(rows.map((row) => ({ type: "entry", id: String(row.id), data: row })));
      this.position ??= String(last);
      const summary = await call("GET", sandboxPath(this.sandbox), undefined, this.closed.signal);
      this.receive([{ type: "sandbox", id: "", data: summary }]);
      await pause(POLL_INTERVAL, this.closed.signal);
    }
    this.heldBack = 1;
  }

  /** @param {ServerEvent[]} events */
  receive(events) {
    for (const event of events) {
      if (event.id) this.position = event.id;
      else if (event.type === "hello" || event.type === "reset") this.position ??= String(event.data.last);
      if (event.type === "reset") this.position = String(event.data.last);
    }
    if (events.length) this.listener.events(events);
  }
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve(null);
    }, { once: true });
  });
}

/** @param {AbortSignal} signal */
function untilVisible(signal) {
  if (!document.hidden || signal.aborted) return Promise.resolve(null);
  return new Promise((resolve) => {
    const check = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", check);
      resolve(null);
    };
    document.addEventListener("visibilitychange", check);
    signal.addEventListener("abort", check, { once: true });
  });
}

/**
 * Call back once the page was hidden for a while; returns how to stop watching.
 * @param {() => void} callback
 */
function whenHidden(callback) {
  let timer = 0;
  const check = () => {
    clearTimeout(timer);
    if (document.hidden) timer = window.setTimeout(callback, HIDDEN_FOR);
  };
  document.addEventListener("visibilitychange", check);
  check();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", check);
  };
}
