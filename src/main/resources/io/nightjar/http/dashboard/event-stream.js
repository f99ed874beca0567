// Server-Sent Events over fetch, because EventSource cannot send the Authorization header. Comes back by itself and goes
// on after the last event it got.
import { ApiError, open } from "./api.js";

const RETRY_MILLIS = [500, 1000, 2000, 5000, 10_000];
/** Longer than any heartbeat: after it the stream counts as dead. */
const SILENCE_MILLIS = 40_000;

export class EventStream {
  #to;
  #on;
  #lastId = "";
  #abort = null;
  #timer = 0;
  #failures = 0;
  #closed = false;

  /** `on` has event({type, data, id}), state(text, error): `connecting`, `live`, `waiting`, `ended`, `failed`. */
  constructor(to, on) {
    this.#to = to;
    this.#on = on;
  }

  start() {
    this.#run();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  async #run() {
    this.#on.state("connecting");
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const headers = { Accept: "text/event-stream" };
      if (this.#lastId) {
        headers["Last-Event-ID"] = this.#lastId;
      }
      const answer = await open("GET", this.#to, { headers, signal: abort.signal });
      this.#on.state("live");
      await this.#read(answer.body, abort);
    } catch (e) {
      if (this.#closed) {
        return;
      }
      const final = e instanceof ApiError && e.status >= 400 && e.status < 500 && e.status !== 429;
      if (final) {
        this.#on.state("failed", e);
        return;
      }
    }
    if (!this.#closed) {
      this.#again();
    }
  }

  #again() {
    const wait = RETRY_MILLIS[Math.min(this.#failures++, RETRY_MILLIS.length - 1)];
    this.#on.state("waiting");
    this.#timer = setTimeout(() => this.#run(), wait);
  }

  async #read(body, abort) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    let event = { type: "message", data: [], id: undefined };
    for (;;) {
      const silence = setTimeout(() => abort.abort(), SILENCE_MILLIS);
      const { value, done } = await reader.read().finally(() => clearTimeout(silence));
      if (done) {
        return;
      }
      this.#failures = 0;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      for (const line of lines) {
        if (line === "") {
          this.#dispatch(event);
          event = { type: "message", data: [], id: undefined };
        } else {
          field(event, line);
        }
      }
    }
  }

  #dispatch({ type, data, id }) {
    if (id !== undefined) {
      this.#lastId = id;
    }
    if (data.length > 0) {
      this.#on.event({ type, data: data.join("\n"), id });
    }
  }
}

function field(event, line) {
  const colon = line.indexOf(":");
  const name = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "data") {
    event.data.push(value);
  } else if (name === "event") {
    event.type = value;
  } else if (name === "id") {
    event.id = value;
  }
}
