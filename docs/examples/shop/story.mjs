// The life of one order against kustom-mock alone: sold, pushed, shipped, partly returned.
// Only `control` is not a shop's business: it stands in for the shopper.
import assert from "node:assert/strict";
import { createCheckout, refund, serve, ship, stock } from "./shop.mjs";

const { KUSTOM_API_URL, KUSTOM_USERNAME } = process.env;

async function control(method, path, body) {
  const url = `${KUSTOM_API_URL}/__admin/sandboxes/${KUSTOM_USERNAME}/${path}`;
  const response = await fetch(url, { method, body: body && JSON.stringify(body) });
  assert.equal(response.status, 200, `${method} ${url}`);
  return response.json();
}

const { server, origin } = await serve();
const { order_id: id } = await createCheckout(origin);

// The shopper pays. Push and confirmation page reach the shop at the same moment.
const paid = await control("POST", `checkouts/${id}/complete`, { outcome: "approved", push: "with_confirmation" });
const confirmation = await fetch(paid.confirmation_url);
assert.equal(confirmation.status, 200);
await control("GET", `deliveries/await?order_id=${id}&state=delivered&timeout=5s`);
console.log(`sold: ${id}; T-shirts in stock: ${stock.A12345}`);
assert.equal(stock.A12345, 9, "the stock is reduced once");

await ship(id, "parcel-1", ["A12345", "A98765"]);
await ship(id, "parcel-2", ["B24680"]);
await refund(id, "return-1", ["B24680"]);

const { order, allocations } = await control("GET", `orders/${id}`);
console.log(`captured ${order.captured_amount}, refunded ${order.refunded_amount}: ${allocations[0].outcome}`);
server.close();
server.closeAllConnections();
