// @ts-check
/* The script of `html_snippet`. It runs in the shop's page: several times in some shops,
   moved to another place in others. Comments and indentation are not sent. */
(function (/** @type {any} */ window, /** @type {Document} */ document, /** @type {any} */ config) {
  const previous = window._klarnaCheckout;
  const listeners = previous?.listeners ?? {};
  const origin = new URL(config.PAGE_URL).origin;
  const frame = document.createElement("iframe");
  let suspended = false;
  let timer = 0;

  /** @param {object} message */
  function send(message) {
    frame.contentWindow?.postMessage(message, origin);
  }

  const api = {
    on(/** @type {object} */ handlers) {
      Object.assign(listeners, handlers);
    },
    suspend(/** @type {any} */ options) {
      const autoResume = options?.autoResume?.enabled ?? options?.autoResume ?? true;
      suspended = true;
      window.clearTimeout(timer);
      timer = autoResume ? window.setTimeout(api.resume, 10000) : 0;
      send({ type: "suspend" });
    },
    resume() {
      suspended = false;
      window.clearTimeout(timer);
      send({ type: "resume" });
    },
  };

  /** @type {Record<string, (message: any) => void>} */
  const receive = {
    ready() {
      if (suspended) send({ type: "suspend" });
    },
    height(message) {
      frame.style.height = `${message.height}px`;
    },
    event(message) {
      listeners[message.name]?.(message.payload);
    },
    validate(message) {
      const answer = (/** @type {any} */ result) => {
        const { should_proceed, message: text } = result ?? {};
        send({ type: "validated", id: message.id, should_proceed, message: text });
      };
      if (listeners.validation_callback) listeners.validation_callback({}, answer);
      else answer({ should_proceed: true });
    },
    redirect(message) {
      if (/^https?:/i.test(message.url)) window.location.assign(message.url);
    },
  };

  /** @param {MessageEvent} event */
  function onMessage(event) {
    if (event.source === frame.contentWindow && event.origin === origin) {
      receive[event.data?.type]?.(event.data);
    }
  }

  function draw() {
    const container = document.getElementById(config.CONTAINER_ID);
    if (!container) return false;
    for (const old of container.querySelectorAll("iframe")) old.remove();
    container.append(frame);
    return true;
  }

  frame.id = frame.name = "klarna-checkout-iframe";
  frame.title = "Checkout";
  frame.lang = config.LOCALE;
  frame.src = config.PAGE_URL;
  frame.style.cssText = "display: block; width: 100%; height: 480px; border: 0";
  previous?.close?.();
  window.addEventListener("message", onMessage);
  const checkout = (/** @type {(api: object) => void} */ callback) => callback(api);
  checkout.config = config;
  checkout.listeners = listeners;
  checkout.close = () => window.removeEventListener("message", onMessage);
  window._klarnaCheckout = checkout;
  for (const callback of previous?.q ?? []) checkout(callback);
  if (!draw()) document.addEventListener("DOMContentLoaded", draw);
});
