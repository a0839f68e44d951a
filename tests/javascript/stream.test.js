import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document ??= { baseURI: "http://127.0.0.1/__admin/ui/" };
const { EventParser, backoff } = await import("../../mockserver/http/dashboard/stream.js");

const TEXT = 'retry: 1000\n\nevent: hello\ndata: {"last":1}\n\n: ping\n\nid: 2\nevent: entry\ndata: {"id":2}\n\n';
const EVENTS = [
  { type: "hello", id: "", data: { last: 1 } },
  { type: "entry", id: "2", data: { id: 2 } },
];

test("events are the same however the stream is cut", () => {
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    const parser = new EventParser();
    const received = [...parser.push(TEXT.slice(0, cut)), ...parser.push(TEXT.slice(cut))];
    assert.deepEqual(received, EVENTS);
  }
});

test("attempts become rarer, up to a bound", () => {
  assert.ok(backoff(1, 0.5) < backoff(3, 0.5));
  assert.ok(backoff(50, 1) <= 12500);
  assert.ok(backoff(0, 0) >= 150);
});
