// The alarms that stand, for the sign in the navigation and for the page of limits.
import { html, nothing } from "./lib/lit-html.js";
import * as api from "./api.js";
import { Load } from "./app.js";

const SIGN_MILLIS = 60_000;

/** One answer for the whole dashboard: whatever pages are opened, the sign asks once a minute. */
export class StandingAlarms {
  load = new Load();
  #timer = 0;

  /** Begins to ask; goes on as it is if it has begun. */
  watch() {
    if (!this.#timer) {
      this.ask();
      this.#timer = setInterval(() => document.hidden || this.ask(), SIGN_MILLIS);
    }
  }

  /** Nobody is signed in any more. */
  forget() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.load.clear();
  }

  ask() {
    return this.load.run((signal) => api.get("/alarms", {}, signal));
  }

  get all() {
    return this.load.value?.data ?? [];
  }

  /** How many there are, if any: nothing is said while nobody knows. */
  sign() {
    const n = this.all.length;
    return n === 0 ? nothing : html`<span class="sign" title=${stand(n)}><span aria-hidden="true">${n > 99 ? "99+" : n}</span><span
      class="hidden">, ${stand(n)}</span></span>`;
  }
}

/** "1 alarm stands", in one string. */
export const stand = (n) => `${n} alarm${n === 1 ? " stands" : "s stand"}`;
