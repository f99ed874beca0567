// Clients: all sessions of the cluster, one page of rows at a time, however many there are.
import { html, nothing } from "./lib/lit-html.js";
import { repeat } from "./lib/directives/repeat.js";
import * as api from "./api.js";
import { Load, address, go, update } from "./app.js";
import { Pages, askToKick, clientLink, empty, failure, pager, reasonChip, sideChip, total, unreachable, waiting, when } from "./parts.js";
import { foreign } from "./text.js";
import { askToTrace } from "./new-trace.js";
import { REASONS } from "./words.js";

const ROWS = 50;
const FIELDS = "clientid,username,node,ip_address,port,listener,connected,connected_at,disconnected_at,last_reason,"
  + "last_detail,last_verdict,last_end_at,mqueue_len,mqueue_dropped,subscriptions_cnt";
const SEARCHES = { like_clientid: "ClientID", like_username: "Username", ip_address: "IP address" };
const TYPING_MILLIS = 300;

export class ClientsPage {
  title = "Clients";
  refreshMillis = 10_000;
  #list = new Load();
  #nodes = new Load();
  #count = 0;
  #pages = new Pages(() => this.refresh());
  #filters;
  #timer = 0;

  constructor(query) {
    const by = Object.keys(SEARCHES).find((name) => query.has(name)) ?? "like_clientid";
    this.#filters = {
      by,
      text: query.get(by) ?? "",
      conn_state: query.get("conn_state") ?? "",
      node: query.get("node") ?? "",
      reason: query.get("reason") ?? "",
    };
  }

  start() {
    this.refresh();
    this.#nodes.run((signal) => api.get("/nodes", {}, signal));
  }

  stop() {
    clearTimeout(this.#timer);
    this.#list.cancel();
    this.#nodes.cancel();
  }

  #query() {
    const { by, text, conn_state, node, reason } = this.#filters;
    return { [by]: text, conn_state, node, reason };
  }

  async refresh() {
    await this.#list.run((signal) =>
      api.get("/clients", { ...this.#query(), fields: FIELDS, limit: ROWS, cursor: this.#pages.cursor || undefined }, signal));
  }

  /** Asks anew, and writes the filters into the address so that it can be passed on. */
  #search() {
    this.#pages.reset();
    window.history.replaceState(null, "", address(["clients"], this.#query()));
    this.refresh();
  }

  #set(name, value, wait = 0) {
    this.#filters[name] = value;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), wait);
    update();
  }

  content() {
    return html`<h1>Clients</h1>
      ${this.#form()} ${failure(this.#list, "a list of clients")} ${this.#answer()}`;
  }

  #form() {
    const f = this.#filters;
    const nodes = this.#nodes.value ?? [];
    return html`<form class="filters" role="search" @submit=${(e) => { e.preventDefault(); this.#set("by", f.by); }}>
      <label class="search"><span>Search</span>
        <span class="joined">
          <select name="by" aria-label="Search in" @change=${(e) => this.#set("by", e.target.value)}>
            ${Object.entries(SEARCHES).map(
              ([value, text]) => html`<option value=${value} ?selected=${value === f.by}>${text}</option>`)}
          </select>
          <input name="text" type="search" .value=${f.text} autocomplete="off" spellcheck="false"
            placeholder=${f.by === "ip_address" ? "10.0.0.7" : "any part of it"}
            aria-label=${SEARCHES[f.by]}
            @input=${(e) => this.#set("text", e.target.value, TYPING_MILLIS)}>
        </span></label>
      <label><span>State</span>
        <select name="conn_state" @change=${(e) => this.#set("conn_state", e.target.value)}>
          ${[["", "all"], ["connected", "connected"], ["disconnected", "disconnected"]].map(
            ([value, text]) => html`<option value=${value} ?selected=${value === f.conn_state}>${text}</option>`)}
        </select></label>
      <label><span>Node</span>
        <select name="node" @change=${(e) => this.#set("node", e.target.value)}>
          <option value="" ?selected=${f.node === ""}>all</option>
          ${nodes.map(({ node }) => html`<option value=${node} ?selected=${node === f.node}>${node}</option>`)}
        </select></label>
      <label><span>Last end</span>
        <select name="reason" @change=${(e) => this.#set("reason", e.target.value)}>
          <option value="" ?selected=${f.reason === ""}>any</option>
          ${Object.keys(REASONS).map((r) => html`<option value=${r} ?selected=${r === f.reason}>${r}</option>`)}
        </select></label>
    </form>`;
  }

  #answer() {
    const answer = this.#list.value;
    if (!answer) {
      return this.#list.error ? nothing : waiting("clients");
    }
    const { data, meta } = answer;
    this.#count = meta.count ?? this.#count; // told on the first page only
    return html`${unreachable(meta)}
      <p class="summary" aria-live="polite">${total(this.#count, "client")}
        ${this.#list.loading ? html`<span class="faint pulse"> asking\u2026</span>` : nothing}</p>
      ${data.length === 0 ? this.#none() : this.#table(data)} ${pager(this.#pages, this.#list)}`;
  }

  #none() {
    const filtered = Object.values(this.#query()).some((value) => value !== "");
    return filtered
      ? empty("No client matches", html`A client that left and whose Session has ended is not listed here. Its ends are
          under <a href=${address(["disconnects"], this.#likeInDisconnects())}>Disconnects</a>.`)
      : empty("No clients yet", "Connect one, and it appears here.");
  }

  #likeInDisconnects() {
    const { by, text } = this.#filters;
    return by === "like_clientid" ? { like_clientid: text } : by === "ip_address" ? { ip_address: text } : { username: text };
  }

  #table(data) {
    return html`<div class="table"><table class="stack" role="table">
      <caption class="hidden">Clients, sorted by ClientID</caption>
      <thead role="rowgroup"><tr role="row">
        <th role="columnheader" scope="col">ClientID</th><th role="columnheader" scope="col">State</th><th role="columnheader" scope="col">Why it went away last</th>
        <th role="columnheader" scope="col" class="wide">Username</th><th role="columnheader" scope="col" class="wide">Address</th>
        <th role="columnheader" scope="col" class="wide">Node</th><th role="columnheader" scope="col"><span class="hidden">What to do</span></th>
      </tr></thead>
      <tbody role="rowgroup">${repeat(data, (client) => client.clientid, (client) => this.#row(client))}</tbody>
    </table></div>`;
  }

  #row(client) {
    const id = client.clientid;
    return html`<tr role="row">
      <th scope="row" role="rowheader">${clientLink(id, 40)}
        <span class="narrow faint">${client.ip_address ? html`${client.ip_address} ` : nothing}${client.username
          ? foreign(client.username, 24) : nothing}</span></th>
      <td role="cell"><span class="live ${client.connected ? "on" : "off"}">${client.connected ? "connected" : "away"}</span>
        <span class="under">${when(client.connected ? client.connected_at : client.disconnected_at, { ago: false })}</span></td>
      <td role="cell">${reasonChip(client.last_reason, client.last_detail)}
        <span class="under">${sideChip(client.last_verdict)} ${client.last_end_at
          ? when(client.last_end_at) : nothing}</span></td>
      <td class="wide" role="cell">${client.username ? foreign(client.username, 24) : html`<span class="faint">-</span>`}</td>
      <td class="wide nowrap" role="cell">${client.ip_address ? html`${client.ip_address}<span class="faint">:${client.port}</span>`
        : html`<span class="faint">-</span>`}</td>
      <td class="wide nowrap" role="cell">${foreign(client.node, 32)}</td>
      <td class="actions" role="cell">${api.mayChange() ? html`
        <button type="button" class="small wide" title="Write down everything this client does from now on"
          @click=${() => askToTrace({ type: "clientid", value: id }, (name) => go(["trace", name]))}>Trace</button>
        ${client.connected ? html`<button type="button" class="small danger" aria-label="Kick this client"
          @click=${() => askToKick(id, () => this.refresh())}>Kick</button>` : nothing}` : nothing}</td>
    </tr>`;
  }
}
