// Disconnects: every end of every client, how many over time, and what many of them have in common.
import { html, nothing } from "./lib/lit-html.js";
import { repeat } from "./lib/directives/repeat.js";
import * as api from "./api.js";
import { Load } from "./app.js";
import { EndsChart } from "./chart.js";
import { EndsFilter } from "./ends-filter.js";
import { Pages, clientLink, clientOrNone, empty, evidence, failure, pager, reasonChip, sideChip, total, unreachable, waiting, when } from "./parts.js";
import { count, duration, foreign, plain } from "./text.js";
import { CAUSES, DETAILS, REASONS } from "./words.js";

const ROWS = 50;
const GROUPS = 6;

export class DisconnectsPage {
  title = "Disconnects";
  refreshMillis = 10_000;
  #list = new Load();
  #summary = new Load();
  #nodes = new Load();
  #pages = new Pages(() => this.#ask());
  #filter;
  #chart;
  #allGroups = false;

  constructor(query) {
    this.#filter = new EndsFilter("disconnects", query, () => {
      this.#pages.reset();
      this.#askAll();
    });
    this.#chart = new EndsChart((from, to) =>
      this.#filter.set({ from: new Date(from).toISOString(), to: new Date(to).toISOString() }));
  }

  start() {
    this.#nodes.run((signal) => api.get("/nodes", {}, signal));
    this.#askAll();
  }

  stop() {
    this.#filter.stop();
    [this.#list, this.#summary, this.#nodes].forEach((load) => load.cancel());
  }

  /** Older pages stay as they are; the first one goes along with time. */
  async refresh() {
    if (this.#pages.first) {
      await this.#askAll();
    }
  }

  async #askAll() {
    await Promise.all([
      this.#ask(),
      this.#summary.run((signal) => api.get("/disconnects/summary", this.#filter.query(), signal)),
    ]);
  }

  async #ask() {
    await this.#list.run((signal) =>
      api.get("/disconnects", { ...this.#filter.query(), limit: ROWS, cursor: this.#pages.cursor || undefined }, signal));
  }

  content() {
    return html`<h1>Disconnects</h1>
      ${this.#filter.form({ nodes: this.#nodes.value ?? [], events: true })}
      ${failure(this.#summary, "a summary of ends")} ${this.#overview()}
      ${failure(this.#list, "a search over ends")} ${this.#ends()}`;
  }

  #overview() {
    const summary = this.#summary.value;
    if (!summary) {
      return this.#summary.error ? nothing : waiting("the counts");
    }
    const { meta = {} } = summary;
    return html`${unreachable(meta)}
      ${meta.truncated ? html`<p class="banner">There were more ends than can be counted at once; the counts are of the newest.
        Choose a shorter time.</p>` : nothing}
      <section class="card" aria-labelledby="over-time">
        <h2 id="over-time">${total(summary.total, "end")}</h2>
        ${this.#reasons(summary)} ${this.#chart.content(summary)}
        ${meta.oldest_at ? html`<p class="faint small">The flight recorder begins ${when(meta.oldest_at, { ago: true })}.</p>` : nothing}
      </section>
      ${this.#groups(summary.groups ?? [])} ${this.#keepAlive(summary.keep_alive_advice ?? [])}`;
  }

  /** Counts per reason and side, each a button that filters. */
  #reasons({ by_reason: reasons = {}, by_side: sides = {} }) {
    const button = (name, word, shown, n) => {
      const on = this.#filter.value(name) === word;
      return html`<button type="button" class="count" aria-pressed=${on}
        @click=${() => this.#filter.set({ [name]: on ? "" : word })}>${shown}<strong class="num">${count(n)}</strong></button>`;
    };
    const most = (all) => Object.entries(all).filter(([, n]) => n > 0).sort(([, a], [, b]) => b - a);
    return html`<div class="counts">
      ${most(reasons).map(([word, n]) => button("reason", word, reasonChip(word), n))}
      ${Object.keys(reasons).length ? html`<span class="gap" aria-hidden="true"></span>` : nothing}
      ${most(sides).map(([word, n]) => button("side", word, sideChip(word), n))}
    </div>`;
  }

  #groups(groups) {
    if (groups.length === 0) {
      return nothing;
    }
    const shown = this.#allGroups ? groups : groups.slice(0, GROUPS);
    return html`<section aria-labelledby="storms">
      <h2 id="storms">What many of them have in common</h2>
      <div class="groups">${shown.map(storm)}</div>
      ${groups.length > shown.length ? html`<button type="button" @click=${() => { this.#allGroups = true; this.refresh(); }}>
        Show all ${count(groups.length)}</button>` : nothing}
    </section>`;
  }

  #keepAlive(all) {
    return all.length === 0 ? nothing : html`<section class="card" aria-labelledby="keep-alive">
      <h2 id="keep-alive">Idle connections are being cut</h2>
      <ul class="plainlist">${all.map((one) => html`<li>
        <span>${plain(one.text ?? "")}</span>
        <span class="faint">${CAUSES[one.cause] ?? one.cause} ${foreign(one.value)}: ${count(one.count)} ends at an age of
          ${duration(one.age_ms)}; Keep Alive below it: <strong>${one.suggested_keep_alive_s} s</strong></span></li>`)}</ul>
    </section>`;
  }

  #ends() {
    const answer = this.#list.value;
    if (!answer) {
      return this.#list.error ? nothing : waiting("ends");
    }
    const { data, meta } = answer;
    return html`<section aria-labelledby="all-ends">
      <h2 id="all-ends">Ends, newest first
        ${this.#list.loading ? html`<span class="faint pulse"> asking\u2026</span>` : nothing}</h2>
      ${this.#summary.value ? nothing : unreachable(meta)}
      ${data.length === 0
        ? this.#filter.isEmpty
          ? empty("No connection ended in this time", "Choose a longer time to see older ends.")
          : empty("No end matches", "Loosen a filter, or choose a longer time.")
        : table(data)}
      ${pager(this.#pages, this.#list)}
    </section>`;
  }
}

function storm(group) {
  const idle = group.idle_ms;
  return html`<article class="card storm">
    <h3>${group.cause === "instant" ? "At one instant" : html`One ${CAUSES[group.cause] ?? group.cause}: <span class="num">${foreign(group.value)}</span>`}</h3>
    <p class="chips">${reasonChip(group.reason, group.detail)} ${sideChip(group.side, group.confidence)}</p>
    <p>${total(group.count, "end")} of ${total(group.clients, "client")}, ${when(group.from)}${group.to !== group.from
      ? html` to ${when(group.to)}` : nothing}</p>
    ${group.advice ? html`<p class="advice">${plain(group.advice)}</p>` : nothing}
    ${idle ? html`<p class="faint">Idle before it: ${duration(idle.min)} to ${duration(idle.max)}, half of them below
      ${duration(idle.median)}</p>` : nothing}
    ${group.clientids?.length ? html`<p class="ids">${group.clientids.map((id) => html`${clientLink(id, 24)} `)}</p>` : nothing}
  </article>`;
}

function table(data) {
  return html`<div class="table"><table class="ends stack" role="table">
    <caption class="hidden">Ends of connections, newest first</caption>
    <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">When</th><th role="columnheader" scope="col">ClientID</th><th role="columnheader" scope="col">Why</th>
      <th role="columnheader" scope="col" class="wide">From</th><th role="columnheader" scope="col" class="wide">Node</th></tr></thead>
    <tbody role="rowgroup">${repeat(data, (end, i) => `${end.at} ${end.clientid ?? ""} ${end.peername ?? ""} ${i}`, row)}</tbody>
  </table></div>`;
}

function row(end) {
  return html`<tr role="row">
    <td role="cell">${when(end.at)}</td>
    <th scope="row" role="rowheader">${clientOrNone(end.clientid, 40)}
      ${end.username ? html`<span class="under">${foreign(end.username, 24)}</span>` : nothing}</th>
    <td role="cell">${reasonChip(end.reason, end.detail)} ${sideChip(end.side, end.confidence)}
      <span class="under sentence">${end.advice ? plain(end.advice, 300) : DETAILS[end.detail] ?? REASONS[end.reason]?.text ?? ""}</span>
      <details><summary>Evidence</summary>${evidence(end)}</details></td>
    <td class="wide nowrap" role="cell">${foreign(end.peername ?? "-")}<span class="under">${foreign(end.listener ?? "")}</span></td>
    <td class="wide nowrap" role="cell">${foreign(end.node ?? "-", 32)}</td>
  </tr>`;
}
