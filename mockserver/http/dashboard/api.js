// @ts-check
/** Calls of the control API. The admin token is kept in this module only, until the tab closes. */

let token = "";
/** @type {(message: string) => Promise<string>} */
let askForToken = async () => "";
/** @type {Promise<string> | null} */
let asking = null;

export const ROOT = new URL("..", document.baseURI).pathname.replace(/\/$/, "");

/** The problem that a call was answered with. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {any} problem
   */
  constructor(status, problem) {
    super(problem?.detail ?? (status ? `status ${status}` : "the server does not answer"));
    this.status = status;
    this.problem = problem;
  }
}

/** @param {(message: string) => Promise<string>} ask */
export function onTokenNeeded(ask) {
  askForToken = ask;
}

export function hasToken() {
  return token !== "";
}

/** @returns {Record<string, string>} */
export function authorization() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/**
 * Ask for another token, once for all calls that were refused with this one.
 * @param {Record<string, string>} refused the headers that were refused
 */
export async function renewToken(refused) {
  if (refused.Authorization !== authorization().Authorization) return;
  asking ??= askForToken(token ? "That token is wrong." : "").finally(() => {
    asking = null;
  });
  token = await asking;
}

/**
 * @param {string} name
 * @param {string} [path]
 */
export function sandboxPath(name, path = "") {
  return `/sandboxes/${encodeURIComponent(name)}${path && `/${path}`}`;
}

/** @param {string} path */
export function absolute(path) {
  return `${location.origin}${ROOT}${path}`;
}

/**
 * Call the API. A text body is sent as YAML, anything else as JSON.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function call(method, path, body, signal) {
  for (;;) {
    const headers = authorization();
    const response = await send(method, path, body, headers, signal);
    if (response.status === 401) {
      await renewToken(headers);
      continue;
    }
    const type = response.headers.get("Content-Type") ?? "";
    const content = type.includes("json") ? await response.json() : await response.text();
    if (!response.ok) throw new ApiError(response.status, content);
    return content;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} body
 * @param {Record<string, string>} authorized
 * @param {AbortSignal | undefined} signal
 */
async function send(method, path, body, authorized, signal) {
  const headers = body === undefined ? authorized : { ...authorized, "Content-Type": mediaType(body) };
  try {
    return await fetch(ROOT + path, {
      method,
      headers,
      body: body === undefined ? undefined : serialize(body),
      cache: "no-store",
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, null);
  }
}

/** @param {unknown} body */
export function mediaType(body) {
  return typeof body === "string" ? "application/yaml" : "application/json";
}

/** @param {unknown} body */
function serialize(body) {
  return typeof body === "string" ? body : JSON.stringify(body);
}

/** @param {string} path */
export function get(path) {
  return call("GET", path);
}

/**
 * Read an SVG as elements. The policy forbids parsing text; a document of XMLHttpRequest is
 * allowed, and its scripts never run.
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<SVGSVGElement>}
 */
export function readSvg(path, body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(body === undefined ? "GET" : "POST", ROOT + path);
    request.responseType = "document";
    request.overrideMimeType("image/svg+xml");
    for (const [name, text] of Object.entries(authorization())) request.setRequestHeader(name, text);
    if (body !== undefined) request.setRequestHeader("Content-Type", mediaType(body));
    request.onload = () => {
      const root = request.status === 200 ? request.responseXML?.documentElement : null; // an error is no XML
      if (root?.localName !== "svg") {
        reject(new ApiError(request.status, null));
        return;
      }
      resolve(/** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.importNode(root, true))));
    };
    request.onerror = () => reject(new ApiError(0, null));
    request.send(body === undefined ? null : serialize(body));
  });
}
