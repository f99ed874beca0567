// Limits: what bounds the connections of each node, which of it is nearly used up, and the line that lifts it.
import { html, nothing } from "./lib/lit-html.js";
import { repeat } from "./lib/directives/repeat.js";
import * as api from "./api.js";
import { Load, update } from "./app.js";
import { stand } from "./alarms.js";
import { copyable, empty, failure, total, unreachable, waiting, when } from "./parts.js";
import { bytes, count, duration, foreign, plain } from "./text.js";
import { LIMIT_STATES } from "./words.js";

const PAST = 20;

export class LimitsPage {
  title = "Limits";
  refreshMillis = 10_000;
  #limits = new Load();
  #past = new Load();
  #standing;
  #allPast = false;

  /** @param standing the StandingAlarms of the dashboard */
  constructor(standing) {
    this.#standing = standing;
  }

  start() {
    this.refresh();
  }

  stop() {
    this.#limits.cancel();
    this.#past.cancel();
  }

  async refresh() {
    await Promise.all([
      this.#limits.run((signal) => api.get("/limits", {}, signal)),
      this.#past.run((signal) => api.get("/alarms", { activated: "false" }, signal)),
      this.#standing.ask(),
    ]);
  }

  content() {
    return html`<h1>Limits</h1>
      ${unreachable({ unreachable_nodes: this.#missing() })}
      ${failure(this.#standing.load, "alarms")} ${this.#alarms()}
      ${failure(this.#limits, "limits")} ${this.#nodes()}
      ${failure(this.#past, "the alarms that fell")} ${this.#fallen()}`;
  }

  /** Nodes that did not answer one of the questions. */
  #missing() {
    const metas = [this.#limits, this.#standing.load, this.#past].map((load) => load.value?.meta);
    return [...new Set(metas.flatMap((meta) => meta?.unreachable_nodes ?? []))].sort();
  }

  #alarms() {
    const { load, all } = this.#standing;
    if (!load.value) {
      return load.error ? nothing : waiting("alarms");
    }
    return html`<section class="card ${all.length ? "alarmed" : ""}" aria-labelledby="standing">
      <h2 id="standing">${all.length ? stand(all.length) : "No alarm stands"}</h2>
      ${all.length
        ? html`<ul class="plainlist alarms">${all.map((alarm) => html`<li>
            <span>${plain(alarm.message)}</span>
            <span class="faint">${foreign(alarm.name)} on ${foreign(alarm.node, 32)}, since
              ${when(alarm.activate_at, { ago: true })}</span></li>`)}</ul>`
        : html`<p class="faint">An alarm rises when a limit is used to 80 %, or when clients are turned away by one${this.#missing()
            .length ? "; of the nodes that did not answer nobody can tell" : nothing}.</p>`}
    </section>`;
  }

  #nodes() {
    const answer = this.#limits.value;
    if (!answer) {
      return this.#limits.error ? nothing : waiting("limits");
    }
    if (answer.data.length === 0) {
      return empty("No limit is known yet", "A node looks every 5 seconds, for the first time soon after its start.");
    }
    const alarmed = new Set(this.#standing.all.map(({ node, name }) => `${node} ${name}`));
    const all = answer.data.map((limit) => ({ ...limit, nearlyUsed: alarmed.has(`${limit.node} ${limit.name}`) }));
    const nodes = [...new Set(all.map((limit) => limit.node))];
    return nodes.map((node) => section(node, all.filter((limit) => limit.node === node)));
  }

  #fallen() {
    const answer = this.#past.value;
    if (!answer) {
      return this.#past.error ? nothing : waiting("the alarms that fell");
    }
    const all = answer.data.toSorted((a, b) => Date.parse(b.deactivate_at) - Date.parse(a.deactivate_at));
    const shown = this.#allPast ? all : all.slice(0, PAST);
    return html`<section aria-labelledby="fallen">
      <h2 id="fallen">Alarms that fell</h2>
      ${all.length === 0
        ? html`<p class="faint">None since the nodes were started.</p>`
        : html`<div class="table"><table class="ends fallen stack" role="table">
            <caption class="hidden">Alarms that fell, the last first</caption>
            <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">From, to</th>
              <th role="columnheader" scope="col">Alarm</th><th role="columnheader" scope="col">Stood for</th>
              <th role="columnheader" scope="col">Node</th></tr></thead>
            <tbody role="rowgroup">${repeat(shown, (one) => `${one.node} ${one.name} ${one.activate_at}`, fallen)}</tbody>
          </table></div>`}
      ${all.length > shown.length ? html`<button type="button" @click=${() => { this.#allPast = true; update(); }}>
        Show all ${count(all.length)}</button>` : nothing}
    </section>`;
  }
}

function fallen(alarm) {
  return html`<tr role="row">
    <td role="cell">${when(alarm.activate_at)}<span class="under">${when(alarm.deactivate_at)}</span></td>
    <th scope="row" role="rowheader">${foreign(alarm.name)}<span class="under">${plain(alarm.message)}</span></th>
    <td role="cell" class="nowrap">${duration(alarm.duration)}</td>
    <td role="cell">${foreign(alarm.node, 32)}</td>
  </tr>`;
}

// ---- limits of one node

const RANK = ["nearly_used", "too_low", "ok", "unknown"];

/** Of a limit that is too low and nearly used up the second counts more. */
const rank = (limit) => RANK.indexOf(limit.nearlyUsed ? "nearly_used" : limit.status);

function section(node, limits) {
  const id = `limits-of-${node}`;
  const low = limits.filter((limit) => limit.status === "too_low").length;
  return html`<section aria-labelledby=${id}>
    <h2 id=${id}>${foreign(node, 48)} <span class="faint">${low
      ? html`${total(low, "limit")} too low for ${count(limits[0].target_connections)} connections`
      : html`${limits.some((limit) => limit.status === "unknown") ? "none known to be too low" : "enough"} for
        ${count(limits[0].target_connections)} connections`}</span></h2>
    <div class="table"><table class="limits stack" role="table">
      <caption class="hidden">Limits of ${plain(node)}, those to act on first</caption>
      <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Limit</th><th role="columnheader" scope="col">State</th>
        <th role="columnheader" scope="col" class="num">Value</th><th role="columnheader" scope="col" class="num">Needed</th>
        <th role="columnheader" scope="col">Used</th><th role="columnheader" scope="col">Line that fixes it</th></tr></thead>
      <tbody role="rowgroup">${repeat(limits.toSorted((a, b) => rank(a) - rank(b)), (limit) => limit.name, row)}</tbody>
    </table></div>
  </section>`;
}

function row(limit) {
  const { name, bounds, value, needed, used, unit } = limit;
  return html`<tr role="row">
    <th scope="row" role="rowheader"><code>${foreign(name)}</code>${bounds ? html`<span class="under">${plain(bounds)}</span>` : nothing}</th>
    <td role="cell">${states(limit)}</td>
    <td class="num" role="cell"><span class="narrow-word">value </span>${amount(value, unit)}</td>
    <td class="num" role="cell"><span class="narrow-word">needed </span>${amount(needed, unit)}</td>
    <td role="cell" class="use">${used === undefined ? nothing : html`<span class="narrow-word">used </span>${use(used, value, unit, limit.nearlyUsed)}`}</td>
    <td class="fix" role="cell">${fix(limit)}</td>
  </tr>`;
}

function states({ status, nearlyUsed }) {
  const all = [nearlyUsed && "nearly_used", (!nearlyUsed || status === "too_low") && status].filter(Boolean);
  return all.map((state) => html`<span class="status status-${state}">${LIMIT_STATES[state] ?? plain(state)}</span> `);
}

function amount(n, unit) {
  if (n === undefined) {
    return html`<span class="faint">-</span>`;
  }
  return unit === "bytes" ? bytes(n) : unit ? `${count(n)} ${unit}` : count(n);
}

function use(used, value, unit, nearlyUsed) {
  if (!value) {
    return html`<span class="num">${amount(used, unit)}</span>`;
  }
  const share = (used / value) * 100;
  return html`<span class="num">${amount(used, unit)}</span> <span class="faint nowrap">${share > 0 && share < 1 ? "below 1" : Math.round(share)} %</span>
    <svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="whole" width="100" height="6"></rect>
      <rect class=${nearlyUsed ? "most" : "some"} width=${Math.min(100, share)} height="6"></rect></svg>`;
}

/** The line is made for the target: where that is met already, it would not lift anything. */
function fix({ status, nearlyUsed, fix: line, target_connections: target }) {
  if (status === "too_low" && line) {
    return copyable(line);
  }
  return nearlyUsed
    ? html`It meets what ${count(target)} connections need and is nearly used up all the same. Raise
        <code>nightjar.target-connections</code>, and the line for that is told here.`
    : nothing;
}
