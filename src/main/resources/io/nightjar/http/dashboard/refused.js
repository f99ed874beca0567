// Refused: who was not let in, who said no, and what fixes it.
import { html, nothing } from "./lib/lit-html.js";
import { repeat } from "./lib/directives/repeat.js";
import * as api from "./api.js";
import { Load } from "./app.js";
import { EndsFilter } from "./ends-filter.js";
import { Pages, clientLink, empty, evidence, failure, pager, reasonChip, unreachable, waiting, when } from "./parts.js";
import { foreign, plain } from "./text.js";
import { DETAILS, REFUSED_BY } from "./words.js";

const ROWS = 50;

export class RefusedPage {
  title = "Refused";
  refreshMillis = 10_000;
  #list = new Load();
  #nodes = new Load();
  #pages = new Pages(() => this.#ask());
  #filter;

  constructor(query) {
    this.#filter = new EndsFilter("refused", query, () => {
      this.#pages.reset();
      this.#ask();
    });
  }

  start() {
    this.#nodes.run((signal) => api.get("/nodes", {}, signal));
    this.#ask();
  }

  stop() {
    this.#filter.stop();
    this.#list.cancel();
    this.#nodes.cancel();
  }

  async refresh() {
    if (this.#pages.first) {
      await this.#ask();
    }
  }

  async #ask() {
    await this.#list.run((signal) => api.get("/disconnects/refused",
      { ...this.#filter.query(), limit: ROWS, cursor: this.#pages.cursor || undefined }, signal));
  }

  content() {
    return html`<h1>Refused</h1>
      ${this.#filter.form({ nodes: this.#nodes.value ?? [], events: false })}
      ${failure(this.#list, "a list of refused clients")} ${this.#answer()}`;
  }

  #answer() {
    const answer = this.#list.value;
    if (!answer) {
      return this.#list.error ? nothing : waiting("refused clients");
    }
    const { data, meta } = answer;
    return html`${unreachable(meta)}
      <p class="summary" aria-live="polite">${data.length === 0 ? nothing : "Newest first"}
        ${this.#list.loading ? html`<span class="faint pulse"> asking\u2026</span>` : nothing}</p>
      ${data.length === 0
        ? empty("Nobody was refused", this.#filter.isEmpty ? "In this time every client that came was let in."
            : "Loosen a filter, or choose a longer time.")
        : html`<div class="table"><table class="ends stack" role="table">
            <caption class="hidden">Refused clients, newest first</caption>
            <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">When</th><th role="columnheader" scope="col">Who</th><th role="columnheader" scope="col">Who said no</th>
              <th role="columnheader" scope="col">What fixes it</th></tr></thead>
            <tbody role="rowgroup">${repeat(data, (one, i) => `${one.at} ${one.peername} ${i}`, row)}</tbody></table></div>`}
      ${pager(this.#pages, this.#list)}`;
  }
}

function row(one) {
  return html`<tr role="row">
    <td role="cell">${when(one.at)}</td>
    <th scope="row" role="rowheader">${one.clientid
        ? clientLink(one.clientid, 40)
        : one.likely_clientid
          ? html`${clientLink(one.likely_clientid, 40)} <span class="tag" title="No ClientID was read. The last client with the same ${one.inferred_from ?? "origin"} was this one.">inferred</span>`
          : html`<span class="faint">no ClientID yet</span>`}
      <span class="under">${one.username ? html`${foreign(one.username, 24)} ` : nothing}<span class="num">${foreign(one.peername ?? "")}</span></span></th>
    <td role="cell">${REFUSED_BY[one.refused_by] ?? plain(one.refused_by ?? "")}${one.by ? html` <code>${foreign(one.by, 60)}</code>` : nothing}
      <span class="under">${reasonChip(one.reason, one.detail)}</span></td>
    <td class="fix" role="cell">${one.fix ? plain(one.fix) : DETAILS[one.detail] ?? ""}
      <details><summary>Evidence</summary>${evidence({ ...one, by: undefined })}</details></td>
  </tr>`;
}
