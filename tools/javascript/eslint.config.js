import js from "@eslint/js";
import globals from "globals";

const MARKUP = "it would turn text of merchants into markup; use h(), fill() and value()";
const FORBIDDEN = ["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "setHTML", "write", "srcdoc"];

export default [
  js.configs.recommended,
  {
    files: ["mockserver/http/dashboard/*.js", "mockserver/http/checkout_page/static/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-shadow": ["error", { builtinGlobals: false }],
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-globals": ["error", { name: "DOMParser", message: MARKUP }, { name: "localStorage", message: "nothing is stored" }, { name: "sessionStorage", message: "nothing is stored" }],
      "no-restricted-properties": ["error", ...FORBIDDEN.map((property) => ({ property, message: MARKUP }))],
    },
  },
  { files: ["tests/javascript/*.js"], languageOptions: { globals: globals.node } },
];
