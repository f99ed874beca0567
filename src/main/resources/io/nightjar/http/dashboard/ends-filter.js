// The filters of Disconnects and Refused, in the form and in the address.
import { html, nothing } from "./lib/lit-html.js";
import { address, update } from "./app.js";
import { fieldOf, ofField } from "./text.js";
import { DETAILS, REASONS, SIDES } from "./words.js";

const TYPING_MILLIS = 400;
const HOUR = 3_600_000;
const SPANS = {
  "15m": ["last 15 minutes", HOUR / 4],
  "1h": ["last hour", HOUR],
  "6h": ["last 6 hours", 6 * HOUR],
  "24h": ["last 24 hours", 24 * HOUR],
  "7d": ["last 7 days", 168 * HOUR],
  all: ["all there is", 0],
};
const NAMES = ["reason", "detail", "side", "clientid", "like_clientid", "username", "ip_address", "listener", "node", "event"];
const EVENTS = { "": "any stage", ended: "after CONNECT", refused: "at CONNECT", failed: "before CONNECT" };

export class EndsFilter {
  #page;
  #values = {};
  #span;
  #from;
  #to;
  #changed;
  #timer = 0;

  /** `page` is the page's place in addresses; `changed` is called when to ask again. */
  constructor(page, query, changed) {
    this.#page = page;
    this.#changed = changed;
    NAMES.forEach((name) => { this.#values[name] = query.get(name) ?? ""; });
    this.#from = query.get("from") ?? "";
    this.#to = query.get("to") ?? "";
    this.#span = this.#from || this.#to ? "custom" : SPANS[query.get("span")] ? query.get("span") : "1h";
  }

  get isEmpty() {
    return Object.values(this.#values).every((value) => value === "");
  }

  value(name) {
    return this.#values[name];
  }

  /** As the API takes it. */
  query() {
    const query = { ...this.#values };
    if (this.#span === "custom") {
      query.from = this.#from;
      query.to = this.#to;
    } else if (SPANS[this.#span][1]) {
      query.from = new Date(Date.now() - SPANS[this.#span][1]).toISOString();
    }
    return query;
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** Sets some of them, `from` and `to` too, and asks again. */
  set(values, wait = 0) {
    for (const [name, value] of Object.entries(values)) {
      if (name === "span") {
        this.#span = value;
        if (value === "custom" && !this.#from) {
          this.#from = new Date(Date.now() - HOUR).toISOString();
        }
      } else if (name === "from") {
        this.#span = "custom";
        this.#from = value;
      } else if (name === "to") {
        this.#span = "custom";
        this.#to = value;
      } else {
        this.#values[name] = value;
      }
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), wait);
    update();
  }

  #search() {
    const kept = { ...this.#values };
    if (this.#span === "custom") {
      kept.from = this.#from;
      kept.to = this.#to;
    } else if (this.#span !== "1h") {
      kept.span = this.#span;
    }
    window.history.replaceState(null, "", address([this.#page], kept));
    this.#changed();
  }

  #select(name, text, options) {
    return html`<label><span>${text}</span>
      <select name=${name} @change=${(e) => this.set({ [name]: e.target.value })}>
        ${Object.entries(options).map(([value, said]) =>
          html`<option value=${value} ?selected=${value === this.#values[name]}>${said}</option>`)}
      </select></label>`;
  }

  #text(name, text, placeholder = "") {
    return html`<label><span>${text}</span>
      <input type="search" name=${name} .value=${this.#values[name]} placeholder=${placeholder} autocomplete="off"
        spellcheck="false" autocapitalize="none"
        @input=${(e) => this.set({ [name]: e.target.value.trim() }, TYPING_MILLIS)}></label>`;
  }

  form({ nodes, events }) {
    const words = (all) => Object.fromEntries([["", "any"], ...Object.keys(all).map((word) => [word, word])]);
    const more = ["clientid", "detail", "username", "listener", "node", "event"].some((name) => this.#values[name]);
    return html`<form class="filters" role="search" @submit=${(e) => { e.preventDefault(); this.set({}); }}>
      <label><span>Time</span>
        <select name="span" @change=${(e) => this.set({ span: e.target.value })}>
          ${Object.entries(SPANS).map(([value, [text]]) =>
            html`<option value=${value} ?selected=${value === this.#span}>${text}</option>`)}
          <option value="custom" ?selected=${this.#span === "custom"}>from\u2026 to\u2026</option>
        </select></label>
      ${this.#span === "custom" ? html`${this.#moment("from", "From", this.#from)} ${this.#moment("to", "To", this.#to)}` : nothing}
      ${this.#text("like_clientid", "ClientID", "any part of it")}
      ${this.#select("reason", "Reason", words(REASONS))}
      ${this.#select("side", "Whose side", words(SIDES))}
      ${this.#text("ip_address", "Address", "10.0.0.7 or 10.0.0.0/24")}
      <details class="more" ?open=${more}><summary>More filters</summary><div>
        ${this.#text("clientid", "Whole ClientID")}
        ${this.#select("detail", "Detail", words(DETAILS))}
        ${this.#text("username", "Username")}
        ${this.#text("listener", "Listener", "tcp:default")}
        ${this.#select("node", "Node", Object.fromEntries([["", "all"], ...nodes.map(({ node }) => [node, node])]))}
        ${events ? this.#select("event", "How far it had come", EVENTS) : nothing}
      </div></details>
    </form>`;
  }

  #moment(name, text, value) {
    return html`<label><span>${text}</span>
      <input type="datetime-local" step="1" name=${name} .value=${value ? fieldOf(new Date(value)) : ""}
        @change=${(e) => this.set({ [name]: ofField(e.target.value) ?? "" })}></label>`;
  }
}
