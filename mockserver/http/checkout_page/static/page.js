// @ts-check
/* The checkout page: shows a checkout order, and sends what the shopper does. */
import { buildFields, fillAddress, formatAddress, readAddress, showFields } from "./address.js";
import { threeLetters } from "./country_codes.js";
import { byId, create, createOption, show, textOf } from "./elements.js";
import { labelsOf } from "./labels.js";
import { fire, listen, redirect, reportHeight, validate } from "./shop.js";

/** @type {Record<string, any>} the checkout order, as the server describes it */
let order;
let labels = labelsOf(navigator.language);
let isSuspended = false;
let isBusy = true;
let isReloadDue = false; // the shop resumed the checkout while the page was busy
let isEditing = true;

/** Raised for a refusal of the server, with its reason. */
class Refused extends Error {}

/**
 * Call the server.
 * @param {string} action
 * @param {object} [body]
 */
async function call(action, body) {
  const options = body && { method: "POST", body: JSON.stringify(body) };
  let response;
  try {
    response = await fetch(`${location.pathname.replace(/\/$/, "")}/${action}`, options);
  } catch {
    fire("network_error");
    throw new Refused(labels.unreachable);
  }
  const value = await response.json();
  if (!response.ok) throw new Refused(response.status === 404 ? "" : (value.detail ?? labels.failed));
  return value;
}

/** @param {number} amount in minor units */
function formatAmount(amount) {
  const format = new Intl.NumberFormat(labels.language === "en" ? "en-GB" : labels.language, {
    style: "currency",
    currency: order.currency,
  });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(amount / 10 ** digits);
}

function showBusy() {
  const isFrozen = isBusy || isSuspended;
  show("overlay", isFrozen);
  byId("checkout").setAttribute("aria-busy", isFrozen);
  for (const id of ["open", "test-drive"]) byId(id).inert = isFrozen;
  byId("buy-button").setAttribute("aria-disabled", isFrozen);
}

/**
 * Show why something failed, above the button that was pressed.
 * @param {string} text
 */
function showError(text) {
  byId(isEditing ? "button-primary" : "buy-button").before(byId("error"));
  byId("error").textContent = text;
  show("error", Boolean(text));
}

/**
 * Do something that takes time; refusals are shown.
 * @param {() => Promise<void>} action
 */
async function busily(action) {
  isBusy = true;
  showBusy();
  showError("");
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.message) showError(error.message);
    else showClosed("gone");
  } finally {
    isBusy = false;
    showBusy();
  }
  if (isReloadDue) await resume();
}

function translate() {
  labels = labelsOf(order?.locale ?? navigator.language);
  document.documentElement.lang = labels.language;
  document.title = labels.title;
  for (const element of document.querySelectorAll("[data-label]")) {
    element.textContent = labels[/** @type {HTMLElement} */ (element).dataset.label ?? ""];
  }
  for (const [id, texts] of Object.entries({ outcome: labels.outcomes, push: labels.pushes })) {
    const options = Object.entries(texts).map(([value, text]) => create("option", { value }, text));
    byId(id).replaceChildren(...options);
  }
}

/**
 * Show that there is nothing to pay (any more).
 * @param {"expired" | "aborted" | "gone" | "complete"} reason
 */
function showClosed(reason) {
  const text = labels[`${reason}Text`];
  byId("closed-title").textContent = labels[`${reason}Title`];
  byId("closed-text").textContent = text.replace("{email}", order?.billing_address.email ?? "");
  for (const id of ["open", "test-drive"]) show(id, false);
  show("closed", true);
}

function showReceipt() {
  showClosed("complete");
  const rows = {
    [labels.order]: order.order_id,
    [labels.total]: formatAmount(order.order_amount),
    [labels.address]: formatAddress(order.billing_address),
  };
  const pairs = Object.entries(rows).map(([name, value]) => [create("dt", {}, name), create("dd", {}, value)]);
  byId("receipt").replaceChildren(...pairs.flat());
  show("receipt", true);
}

/** Return the chosen shipping option as a line, where the checkout adds its price. */
function addedShipping() {
  const chosen = order.shipping_options.find((/** @type {any} */ option) => option.id === order.selected_shipping_option);
  const goods = order.order_lines.reduce((/** @type {number} */ sum, /** @type {any} */ line) => sum + line.total_amount, 0);
  if (!chosen || goods === order.order_amount) return [];
  return [{ name: chosen.name, quantity: 1, total_amount: chosen.price }];
}

function showCart() {
  const lines = [...order.order_lines, ...addedShipping()];
  const rows = lines.map(({ name, quantity, total_amount }) =>
    create(
      "li",
      {},
      create("span", { class: "name" }, create("bdi", {}, name), " ", create("span", { class: "quantity" }, `× ${quantity}`)),
      create("span", { class: "amount" }, formatAmount(total_amount)),
    ),
  );
  byId("lines").replaceChildren(...rows);
  byId("total").textContent = formatAmount(order.order_amount);
}

function buildAddresses() {
  const common = { labels, phoneMandatory: order.phone_mandatory };
  const { billing_address: billing, shipping_address: shipping, countries } = order;
  buildFields(byId("billing"), "billing", billing, { ...common, countries: countries.billing_address });
  const holder = byId("shipping").querySelector(".fields");
  buildFields(holder, "shipping", shipping, { ...common, countries: countries.shipping_address });
  const differs = ["street_address", "postal_code"].some((name) => billing[name] !== shipping[name]);
  byId("separate-shipping").checked = order.allow_separate_shipping_address && differs && Boolean(shipping.street_address);
}

function showDetails() {
  const hasStart = byId("billing-email").value && byId("billing-postal_code").value;
  isEditing = isEditing || !order.is_identified;
  show("details", isEditing);
  show("summary", !isEditing);
  show("payment", !isEditing);
  byId("summary-text").textContent = formatAddress(order.billing_address);
  if (isEditing) showStep(!hasStart);
}

/** @param {boolean} isFirst */
function showStep(isFirst) {
  showFields(isFirst);
  byId("details").dataset.step = isFirst ? "1" : "2";
  show("separate", !isFirst && order.allow_separate_shipping_address);
  const isSeparate = !isFirst && byId("separate-shipping").checked;
  show("shipping", isSeparate);
  byId("shipping").disabled = !isSeparate;
}

function showShipping() {
  const options = order.shipping_options.map((/** @type {any} */ option) =>
    createOption(
      {
        type: "radio",
        name: "shipping",
        id: `shipping-option-${option.id}`,
        value: option.id,
        checked: option.id === order.selected_shipping_option,
      },
      option.name,
      {
        note: [option.description, option.promo].filter(Boolean).join(" "),
        amount: formatAmount(option.price),
        cid: "SHIPMO-shipping-option-basic",
      },
    ),
  );
  byId("shipping-options").replaceChildren(...options);
  show("SHIPMO-container", options.length > 0);
}

/**
 * @param {string} id
 * @param {string} name
 * @param {{text: string, checked: boolean, required: boolean}} box
 */
function buildCheckbox(id, name, { text, checked, required }) {
  const input = create("input", { type: "checkbox", id, name, checked, required });
  return create("p", { class: "choice" }, input, create("label", { for: id }, textOf(text)));
}

function buildPayment() {
  const methods = order.payment_methods.map((/** @type {string} */ method, /** @type {number} */ index) => {
    const id = `payment-${method.toLowerCase()}`;
    const cid = `payment-selector-method.${method.toLowerCase()}`;
    const attributes = { type: "radio", name: "method", id, value: method, checked: index === 0, required: true };
    return createOption(attributes, labels[method], { cid });
  });
  byId("payment-methods").replaceChildren(...methods);
  const single = order.checkbox ? [buildCheckbox("additional-checkbox", "additional_checkbox", order.checkbox)] : [];
  const boxes = order.checkboxes.map((/** @type {any} */ box) => buildCheckbox(`checkbox-${box.id}`, box.id, box));
  byId("checkboxes").replaceChildren(...single, ...boxes);
  byId("terms").href = order.terms_url ?? "";
  show("terms", Boolean(order.terms_url));
}

/** @param {Record<string, any>} current the order as it is now */
function update(current) {
  const earlier = order;
  order = current;
  if (order.status === "checkout_complete") return showReceipt();
  if (order.status !== "checkout_incomplete") {
    fire("can_not_complete_order");
    return showClosed(order.status);
  }
  showCart();
  showShipping();
  showDetails();
  if (earlier && earlier.order_amount !== order.order_amount) {
    fire("order_total_change", { order_total: order.order_amount });
  }
  show("open", true);
}

/** @param {Record<string, string>} address */
function describeAddress(address) {
  const { email, postal_code, country, given_name, family_name } = address;
  return {
    email: email ?? order.billing_address.email,
    postal_code,
    country: threeLetters(country ?? "", order.event_country_case),
    given_name,
    family_name,
  };
}

/**
 * Return whether the shop accepted what was entered, as far as it was asked.
 * @param {{validation: {result: string}}} result
 */
function isAccepted({ validation }) {
  return ["skipped", "passed", "not_answered"].includes(validation.result);
}

async function submitDetails() {
  if (byId("details").dataset.step === "1") {
    showStep(false);
    byId("billing-given_name").focus();
    return;
  }
  const billing = readAddress("billing", order.billing_address.country);
  const isSeparate = !byId("shipping").disabled;
  const shipping = isSeparate ? readAddress("shipping", order.shipping_address.country) : billing;
  await busily(async () => {
    const result = await call("shopper", { billing_address: billing, shipping_address: shipping });
    if (!isAccepted(result)) return showFailure(result);
    isEditing = false;
    update(result.order);
    fire("change", describeAddress(order.billing_address));
    fire("billing_address_change", describeAddress(order.billing_address));
    fire("shipping_address_change", describeAddress(order.shipping_address));
  });
}

async function chooseShipping() {
  const chosen = order.shipping_options.find((/** @type {any} */ option) => byId(`shipping-option-${option.id}`).checked);
  await busily(async () => {
    const result = await call("shopper", { shipping_option: chosen.id });
    if (!isAccepted(result)) return showFailure(result);
    update(result.order);
    fire("shipping_option_change", chosen);
  });
}

/** Ask the shop's page first, if the shop wants that. */
async function isAllowedByShop() {
  if (!order.require_client_validation) return true;
  const answer = await validate();
  if (answer?.should_proceed === true) return true;
  showError(answer ? String(answer.message ?? labels.failed) : labels.silent);
  return false;
}

async function pay() {
  await busily(async () => {
    if (!(await isAllowedByShop())) return;
    const boxes = order.checkboxes.map((/** @type {any} */ box) => [box.id, byId(`checkbox-${box.id}`).checked]);
    const spec = {
      payment_method: new FormData(byId("payment")).get("method"),
      checkbox: order.checkbox ? byId("additional-checkbox").checked : undefined,
      checkboxes: Object.fromEntries(boxes),
      outcome: byId("outcome").value || undefined,
      push: byId("push").value,
    };
    const result = await call("complete", spec);
    if (result.order.status === "checkout_complete") leaveFor(result.order);
    else showFailure(result);
  });
}

/**
 * Show a completed order, and send the shopper to the shop's confirmation page.
 * @param {Record<string, any>} completed
 */
function leaveFor(completed) {
  fire("redirect_initiated", true);
  order = completed;
  showReceipt();
  if (!order.confirmation_url) return;
  offerWayOn();
  redirect(order.confirmation_url);
}

/** @param {{outcome?: string, validation: Record<string, string | null>, order: object}} result */
function showFailure({ outcome = "", validation, order: current }) {
  update(current);
  /** @type {Record<string, string>} */
  const texts = { declined: labels.declined, abandoned: labels.abandoned };
  showError(validation.error_text || (texts[outcome] ?? labels.failed));
  if (outcome === "declined") fire("can_not_complete_order");
  if (!outcome) fire("shipping_address_update_error");
  if (validation.redirect_url) redirect(validation.redirect_url);
}

/** Offer the confirmation page as a link, in case nothing else leads there. */
function offerWayOn() {
  const link = byId("closed-action").querySelector("a");
  link.href = order.confirmation_url;
  link.textContent = labels.toShop;
  show("closed-action", true);
}

async function resume() {
  isSuspended = false;
  isReloadDue = isBusy;
  if (isBusy) return showBusy();
  await busily(async () => update(await call("order")));
}

/**
 * Submit a form through an action, unless the page is frozen.
 * @param {string} id
 * @param {() => Promise<void>} action
 */
function onSubmit(id, action) {
  byId(id).addEventListener("submit", (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!isBusy && !isSuspended) action();
  });
}

function connect() {
  onSubmit("details", submitDetails);
  onSubmit("payment", pay);
  byId("change").addEventListener("click", () => {
    isEditing = true;
    showDetails();
    byId("billing-email").focus();
  });
  byId("fill").addEventListener("click", () => {
    isEditing = true;
    showDetails();
    showStep(false);
    fillAddress(order.test_person);
    byId("button-primary").focus();
  });
  byId("separate-shipping").addEventListener("change", () => showStep(false));
  byId("shipping-options").addEventListener("change", chooseShipping);
  byId("checkboxes").addEventListener("change", (/** @type {any} */ event) => {
    fire("checkbox_change", { key: event.target.name, checked: event.target.checked });
  });
  for (const type of ["mousedown", "keydown"]) {
    document.addEventListener(type, () => fire("user_interacted", { type }), { once: true });
  }
}

function fireLoad() {
  if (order.status === "checkout_complete") return fire("load_confirmation");
  const { country, postal_code } = order.shipping_address;
  const address = { country: threeLetters(country, order.event_country_case), postal_code };
  fire("load", { customer: { type: order.customer_type }, shipping_address: address });
  fire("customer", { type: order.customer_type });
}

async function start() {
  translate();
  reportHeight();
  listen({
    suspend() {
      isSuspended = true;
      showBusy();
    },
    resume,
  });
  await busily(async () => {
    const current = await call("order");
    order = current;
    isEditing = !order.is_identified;
    translate();
    if (order.status === "checkout_incomplete") {
      buildAddresses();
      buildPayment();
      connect();
    }
    update(current);
    fireLoad();
  });
}

start();
