// @ts-check
/* The fields of an address, under the names that browser tests use for the real page. */
import { byId, create } from "./elements.js";

/** Name, autocomplete token, greatest length, and whether it must be filled in. */
const FIELDS = [
  { name: "email", token: "email", type: "email", max: 100, required: true, billing: true },
  { name: "postal_code", token: "postal-code", max: 10, required: true },
  { name: "country", token: "country", required: true },
  { name: "given_name", token: "given-name", max: 100, required: true },
  { name: "family_name", token: "family-name", max: 100, required: true },
  { name: "street_address", token: "address-line1", max: 100, required: true },
  { name: "street_address2", token: "address-line2", max: 100 },
  { name: "city", token: "address-level2", max: 200, required: true },
  { name: "region", token: "address-level1", max: 200, countries: ["US", "CA", "AU"] },
  { name: "phone", token: "tel", type: "tel", max: 100, billing: true },
];
const FIRST_STEP = ["email", "postal_code", "country"];

/**
 * @typedef {Record<string, string>} Address
 * @typedef {Record<string, any>} Labels
 */

/**
 * Build the fields of an address.
 * @param {Element} holder
 * @param {string} kind `billing` or `shipping`
 * @param {Address} address
 * @param {{labels: Labels, countries: string[], phoneMandatory: boolean}} options
 */
export function buildFields(holder, kind, address, { labels, countries, phoneMandatory }) {
  const fields = FIELDS.filter((field) => kind === "billing" || !field.billing)
    .filter((field) => field.name !== "country" || countries.length > 1)
    .filter((field) => !field.countries || field.countries.some((code) => countries.includes(code)))
    .map((field) => {
      const isRequired = Boolean(field.required) || (field.name === "phone" && phoneMandatory);
      const label = field.name === "phone" && !isRequired ? labels.phoneOptional : labels[field.name];
      const id = `${kind}-${field.name}`;
      const attributes = {
        id,
        name: field.name,
        autocomplete: `${kind} ${field.token}`,
        required: isRequired,
        "data-cid": kind === "billing" ? `am.${field.name}` : `am.shipping.${field.name}`,
        "data-testid": id,
      };
      const input =
        field.name === "country"
          ? create("select", attributes, ...countryOptions(countries, labels.language))
          : create("input", { ...attributes, type: field.type ?? "text", maxlength: field.max });
      /** @type {any} */ (input).value = address[field.name] ?? "";
      return create("p", { class: "field" }, create("label", { for: id }, label), input);
    });
  holder.replaceChildren(...fields);
}

/**
 * @param {string[]} countries
 * @param {string} language
 */
function countryOptions(countries, language) {
  const names = new Intl.DisplayNames([language], { type: "region" });
  return countries.map((code) => create("option", { value: code }, names.of(code) ?? code));
}

/**
 * Show the fields of the first step only, or all of them.
 * @param {boolean} isFirstStep
 */
export function showFields(isFirstStep) {
  for (const input of inputsOf("billing")) {
    const isShown = !isFirstStep || FIRST_STEP.includes(input.name);
    input.closest(".field").hidden = !isShown;
    input.disabled = !isShown;
  }
}

/**
 * Return what is entered.
 * @param {string} kind
 * @param {string} country where there is no choice
 * @returns {Address}
 */
export function readAddress(kind, country) {
  const values = inputsOf(kind).map((input) => [input.name, input.value.trim()]);
  return { country, ...Object.fromEntries(values) };
}

/**
 * Enter an address; fields that it does not have stay.
 * @param {Address} address
 */
export function fillAddress(address) {
  for (const input of inputsOf("billing")) {
    if (address[input.name]) input.value = address[input.name];
  }
}

/**
 * Write an address as lines of text.
 * @param {Address} address
 */
export function formatAddress(address) {
  const name = `${address.given_name ?? ""} ${address.family_name ?? ""}`.trim();
  const place = `${address.postal_code ?? ""} ${address.city ?? ""}`.trim();
  const lines = [name, address.street_address, address.street_address2, place, address.email, address.phone];
  return lines.filter(Boolean).join("\n");
}

/**
 * @param {string} kind
 * @returns {any[]}
 */
function inputsOf(kind) {
  return [...byId(kind).querySelectorAll(".field input, .field select")];
}
