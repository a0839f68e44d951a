// A small shop: cart, checkout, confirmation page, push, two parcels, one refund.
// Node 20 without packages. `node shop.mjs` serves it at http://localhost:3000.
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const KUSTOM = process.env.KUSTOM_API_URL ?? "http://localhost:8566";
const USER = process.env.KUSTOM_USERNAME ?? "shop";
const PASSWORD = process.env.KUSTOM_PASSWORD ?? "secret";
const ORDERS = "/ordermanagement/v1/orders";
const CHECKOUTS = "/checkout/v3/orders";
const TRANSIENT = [0, 429, 500, 502, 503, 504];
const ATTEMPTS = 4;

const CART = [
  { reference: "A12345", name: "T-shirt", unit_price: 3000 },
  { reference: "A98765", name: "Jeans", unit_price: 7000 },
  { reference: "B24680", name: "Sneakers", unit_price: 10000 },
].map(asOrderLine);

export const stock = { A12345: 10, A98765: 10, B24680: 10 };
const sold = new Map(); // orders of the shop by the id at Kustom
const taking = new Map(); // orders that are being taken: push and confirmation come together

function asOrderLine({ unit_price, ...article }) {
  const total_tax_amount = Math.round(unit_price - (unit_price * 10000) / 12500);
  return { type: "physical", quantity: 1, unit_price, tax_rate: 2500, total_amount: unit_price, total_tax_amount, ...article };
}

const sum = (lines, key = "total_amount") => lines.reduce((total, line) => total + line[key], 0);

/** Call Kustom. A change has a key, so that a repetition after a lost response changes nothing. */
async function kustom(method, path, body, key) {
  const headers = { Authorization: `Basic ${btoa(`${USER}:${PASSWORD}`)}`, "Content-Type": "application/json" };
  if (key) headers["Klarna-Idempotency-Key"] = key;
  const send = async () => {
    const signal = AbortSignal.timeout(10_000);
    const response = await fetch(KUSTOM + path, { method, headers, body: body && JSON.stringify(body), signal });
    return { status: response.status, text: await response.text(), wait: response.headers.get("Retry-After") };
  };
  for (let attempt = 1; ; attempt += 1) {
    const { status, text, wait } = await send().catch((error) => ({ status: 0, text: String(error) }));
    if (status >= 200 && status < 300) return text ? JSON.parse(text) : {};
    const isSafe = method === "GET" || key;
    if (!isSafe || attempt === ATTEMPTS || !TRANSIENT.includes(status)) throw new Error(`${method} ${path}: ${status} ${text}`);
    await sleep(wait ? wait * 1000 : 500 * 2 ** (attempt - 1));
  }
}

/** Create a checkout order for the cart; the shop's addresses are on `origin`. */
export function createCheckout(origin) {
  const urls = { terms: "terms", checkout: "checkout", confirmation: "thanks", push: "push" };
  const merchant_urls = Object.fromEntries(
    Object.entries(urls).map(([name, page]) => [name, `${origin}/${page}?order={checkout.order.id}`]),
  );
  const amounts = { order_amount: sum(CART), order_tax_amount: sum(CART, "total_tax_amount") };
  const place = { purchase_country: "SE", purchase_currency: "SEK", locale: "en-SE" };
  return kustom("POST", CHECKOUTS, { ...place, ...amounts, order_lines: CART, merchant_urls });
}

/** Take an order into the shop once, although push and confirmation page both ask for it. */
export async function takeOnce(id) {
  if (!taking.has(id)) taking.set(id, takeOrder(id).finally(() => taking.delete(id)));
  await taking.get(id);
}

async function takeOrder(id) {
  const isNew = !sold.has(id);
  const order = await kustom("GET", `${ORDERS}/${id}`);
  if (isNew) {
    for (const line of order.order_lines) stock[line.reference] -= line.quantity;
    sold.set(id, order);
  }
  const number = `shop-${[...sold.keys()].indexOf(id) + 1}`;
  await kustom("PATCH", `${ORDERS}/${id}/merchant-references`, { merchant_reference1: number }, `references-${id}`);
  await kustom("POST", `${ORDERS}/${id}/acknowledge`, undefined, `acknowledge-${id}`); // ends the pushes
}

/** Capture the articles of one parcel. */
export function ship(id, parcel, references) {
  const order_lines = linesOf(id, references);
  const body = { captured_amount: sum(order_lines), order_lines };
  return kustom("POST", `${ORDERS}/${id}/captures`, body, `capture-${id}-${parcel}`);
}

/** Refund articles that came back, with the lines of their parcel. */
export function refund(id, returned, references) {
  const order_lines = linesOf(id, references);
  const body = { refunded_amount: sum(order_lines), order_lines };
  return kustom("POST", `${ORDERS}/${id}/refunds`, body, `refund-${id}-${returned}`);
}

function linesOf(id, references) {
  return sold.get(id).order_lines.filter((line) => references.includes(line.reference));
}

const layout = (title, content) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="icon" href="data:,">
<style>body { max-width: 40rem; margin: 0 auto; padding: 1rem; font-family: system-ui, sans-serif }</style>
<h1>${title}</h1>${content}</html>`;

const PAGES = {
  "GET /": async () => {
    const items = CART.map((line) => `<li>${line.name}: ${line.total_amount / 100} SEK</li>`).join("");
    return layout("Cart", `<ul>${items}</ul><form method="post" action="/checkout"><button>To the checkout</button></form>`);
  },
  "POST /checkout": async (id, origin) => ({ location: `/checkout?order=${(await createCheckout(origin)).order_id}` }),
  "GET /checkout": async (id) => layout("Checkout", (await kustom("GET", `${CHECKOUTS}/${id}`)).html_snippet),
  "GET /thanks": async (id) => {
    await takeOnce(id);
    return layout("Thank you", (await kustom("GET", `${CHECKOUTS}/${id}`)).html_snippet);
  },
  "POST /push": async (id) => void (await takeOnce(id)),
  "GET /terms": async () => layout("Terms", "<p>This shop sells nothing.</p>"),
};

/** Serve the shop; returns its server and its origin. */
export async function serve(port = 0) {
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://shop");
    const page = PAGES[`${request.method} ${pathname}`];
    try {
      const answer = page ? await page(searchParams.get("order"), `http://${request.headers.host}`) : layout("Not found", "");
      if (answer?.location) response.writeHead(303, { Location: answer.location }).end();
      else response.writeHead(page ? 200 : 404, { "Content-Type": "text/html; charset=utf-8" }).end(answer);
    } catch (error) {
      console.error(error.message); // Kustom sends a push again that was not acknowledged
      response.writeHead(500, { "Content-Type": "text/plain" }).end("try again later");
    }
  });
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  return { server, origin: `http://localhost:${server.address().port}` };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`shop at ${(await serve(Number(process.env.PORT ?? 3000))).origin}`);
}
