// The HTTP API and who is signed in. The token lives in this tab only (sessionStorage) and goes with it.
const BASE = new URL("api/v5", document.baseURI).href;
const KEY = "nightjar.session";
const listeners = new Set();

let session = stored();

/** A call that was refused or got no answer. `status` is 0 if the node did not answer at all. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether this node does not know the call itself: an older version behind the same address. */
  get unknownCall() {
    return this.status === 404 && this.code === "NOT_FOUND" && this.message.startsWith("there is nothing here");
  }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

function keep(value) {
  session = value;
  try {
    if (value) {
      sessionStorage.setItem(KEY, JSON.stringify(value));
    } else {
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // Storage is switched off: signed in until the page is loaded again.
  }
}

/** Who is signed in: `{username, role, token}`, or null. */
export const signedIn = () => session;

/** Whether buttons that change something are of use. */
export const mayChange = () => session?.role === "administrator";

/** Calls back with a text when the sign-in has ended. */
export function onSignedOut(listener) {
  listeners.add(listener);
}

function ended(text) {
  keep(null);
  listeners.forEach((listener) => listener(text));
}

export async function signIn(username, password) {
  const answer = await call("POST", "/login", { body: { username, password }, open: true });
  keep({ username, role: answer.role, token: answer.token });
}

export async function signOut() {
  try {
    await call("POST", "/logout");
  } catch {
    // The token dies with the node or by its age; here it is forgotten in any case.
  }
  ended("");
}

/** Path with its ClientID, trace name, ... escaped: path`/clients/${id}/history`. */
export function path(parts, ...values) {
  return parts.reduce((all, part, i) => all + encodeURIComponent(values[i - 1]) + part);
}

function query(values) {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(values ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") {
        out.append(name, one);
      }
    }
  }
  const text = out.toString();
  return text ? "?" + text : "";
}

/** The answer itself, for streams and downloads. */
export async function open(method, to, { query: values, body, signal, headers, open: anybody } = {}) {
  const all = { "X-Nightjar-Client": "dashboard", ...headers };
  if (session && !anybody) {
    all.Authorization = "Bearer " + session.token;
  }
  if (body !== undefined) {
    all["Content-Type"] = "application/json";
  }
  let answer;
  try {
    answer = await fetch(BASE + to + query(values), {
      method,
      signal,
      headers: all,
      cache: "no-store",
      credentials: "omit",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (e) {
    if (e.name === "AbortError") {
      throw e;
    }
    throw new ApiError(0, "NO_ANSWER", "this node does not answer; it may be down, restarting, or out of reach");
  }
  if (answer.ok) {
    return answer;
  }
  const error = await refused(answer);
  if (answer.status === 401 && !anybody) {
    ended("Your sign-in has ended. Sign in again to go on where you were.");
  }
  throw error;
}

async function refused(answer) {
  try {
    const { code, message } = await answer.json();
    return new ApiError(answer.status, code, message);
  } catch {
    return new ApiError(answer.status, "", `the node answered ${answer.status} without saying why`);
  }
}

/** The answer as JSON, or undefined if it has no body. */
export async function call(method, to, options) {
  const answer = await open(method, to, options);
  return answer.status === 204 ? undefined : answer.json();
}

export const get = (to, values, signal) => call("GET", to, { query: values, signal });

// A browser takes the path segments "." and ".." for directions, percent-encoded too: such ClientIDs go another way.
const isDirection = (id) => id === "." || id === "..";

/** One client, or an ApiError with 404. */
export async function client(id, signal) {
  if (!isDirection(id)) {
    return get(path`/clients/${id}`, {}, signal);
  }
  const { data } = await get("/clients", { clientid: id, limit: 1 }, signal);
  if (data.length === 0) {
    throw new ApiError(404, "CLIENTID_NOT_FOUND", "there is no such client");
  }
  return data[0];
}

export async function diagnosis(id, signal) {
  return isDirection(id) ? { clientid: id, connected: false } : get(path`/clients/${id}/diagnosis`, {}, signal);
}

export function history(id, values, signal) {
  return isDirection(id)
    ? get("/disconnects", { ...values, clientid: id }, signal)
    : get(path`/clients/${id}/history`, values, signal);
}

export async function subscriptions(id, signal) {
  return isDirection(id) ? [] : get(path`/clients/${id}/subscriptions`, {}, signal);
}

export function kick(id, values) {
  return isDirection(id)
    ? call("POST", "/clients/kickout/bulk", { query: values, body: [id] })
    : call("DELETE", path`/clients/${id}`, { query: values });
}
