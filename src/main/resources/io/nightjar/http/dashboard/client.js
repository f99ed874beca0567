// One client: why it went away, what it does now, and all that happened to it.
import { html, nothing } from "./lib/lit-html.js";
import { repeat } from "./lib/directives/repeat.js";
import * as api from "./api.js";
import { Load, address, go, update } from "./app.js";
import { askToKick, empty, evidence, failure, figures, reasonChip, sideChip, unreachable, verdict, waiting, when } from "./parts.js";
import { ago, bytes, count, duration, foreign, plain } from "./text.js";
import { askToTrace } from "./new-trace.js";
import { DETAILS, EVENTS, figure, label } from "./words.js";

const EVENTS_AT_ONCE = 50;
const EVENTS_MAX = 1000;

export class ClientPage {
  refreshMillis = 5000;
  #id;
  #client = new Load();
  #diagnosis = new Load();
  #history = new Load();
  #subscriptions = new Load();
  #older = [];
  #more = null;

  constructor(id) {
    this.#id = id;
    this.title = plain(id, 40);
  }

  start() {
    this.refresh();
  }

  stop() {
    [this.#client, this.#diagnosis, this.#history, this.#subscriptions].forEach((load) => load.cancel());
  }

  async refresh() {
    await Promise.all([
      this.#client.run((signal) => gone(() => api.client(this.#id, signal))),
      this.#diagnosis.run((signal) => api.diagnosis(this.#id, signal)),
      this.#subscriptions.run((signal) => gone(() => api.subscriptions(this.#id, signal))),
      this.#older.length === 0
        ? this.#history.run((signal) => api.history(this.#id, { limit: EVENTS_AT_ONCE }, signal))
        : Promise.resolve(),
    ]);
  }

  async #showOlder() {
    const cursor = (this.#more ?? this.#history.value.meta).cursor;
    const known = this.#history.value;
    const answered = await this.#history.run((signal) =>
      api.history(this.#id, { limit: EVENTS_AT_ONCE, cursor }, signal));
    if (answered) {
      this.#older.push(...this.#history.value.data);
      this.#more = this.#history.value.meta;
      this.#history.value = known;
      update();
    }
  }

  content() {
    const client = this.#client.value;
    const unknown = client === null && this.#diagnosis.error?.status === 404 && !this.#diagnosis.error.unknownCall;
    return html`<p class="path"><a href="#/clients">Clients</a> <span aria-hidden="true">\u203a</span></p>
      <div class="head">
        <h1 class="id">${foreign(this.#id, 80)}</h1>
        ${this.#state(client)} ${this.#buttons(client)}
      </div>
      ${unknown
        ? empty("Nothing is known of this client", "It has no Session, and the flight recorder holds no event of it: "
            + "it was never here, or too long ago.")
        : html`${failure(this.#client, "this client")} ${this.#why()} ${this.#signs()}
            <div class="columns">${this.#session(client)} ${this.#counts()}</div>
            ${this.#timeline()} ${this.#topics(client)}`}`;
  }

  #state(client) {
    if (client === undefined) {
      return nothing;
    }
    const text = client === null ? "no Session" : client.connected ? "connected" : "away";
    const since = client?.connected ? client.connected_at : client?.disconnected_at;
    return html`<p class="now" aria-live="polite"><span class="live ${client?.connected ? "on" : "off"}">${text}</span>
      ${since ? html`<span class="faint">since ${when(since, { ago: true })}</span>` : nothing}</p>`;
  }

  #buttons(client) {
    const trace = () => askToTrace({ type: "clientid", value: this.#id }, (name) => go(["trace", name]));
    return api.mayChange()
      ? html`<div class="buttons">
          <button type="button" @click=${trace}>Trace this client</button>
          ${client?.connected
            ? html`<button type="button" class="danger" @click=${() => askToKick(this.#id, () => this.refresh())}>
                Kick</button>`
            : nothing}
        </div>`
      : nothing;
  }

  #why() {
    const answer = this.#diagnosis.value;
    if (!answer) {
      return this.#diagnosis.error ? failure(this.#diagnosis, "a diagnosis") : waiting("its last end");
    }
    const end = answer.last_end;
    return html`${unreachable(answer.meta ?? answer)}
      <section class="card why" aria-labelledby="why">
        <h2 id="why">${answer.connected ? "Why it went away last time" : "Why it went away"}</h2>
        ${end
          ? html`${verdict(answer.storm ? { ...end, ...told(answer.storm) } : end)}
              <p class="faint">${when(end.at, { ago: true })}${end.connected_for_ms !== undefined
                ? html`, after ${duration(end.connected_for_ms)}` : nothing}${end.peername
                ? html`, from <span class="num">${foreign(end.peername)}</span>` : nothing}${end.node
                ? html`, on ${foreign(end.node)}` : nothing}</p>
              <details><summary>Evidence</summary>${evidence(end)}</details>`
          : html`<p class="faint">No connection of it has ended${answer.oldest_at
              ? html` since ${when(answer.oldest_at)}, where the flight recorder begins` : nothing}.</p>`}
      </section>`;
  }

  /** What stands out beside the last end. */
  #signs() {
    const d = this.#diagnosis.value;
    if (!d) {
      return nothing;
    }
    const signs = [];
    if (d.conflict?.conflict) {
      signs.push(["Two devices use this ClientID", html`${plain(d.conflict.text ?? "They push each other out.")}
        ${d.conflict.peers?.length ? html`<br>Seen from: ${d.conflict.peers.map((peer, i) => html`${i ? ", " : ""}<span
          class="num">${foreign(peer)}</span>`)}` : nothing}`]);
    }
    if (d.flapping?.flapping) {
      signs.push(["It comes and goes", plain(d.flapping.text ?? `${d.flapping.ends_10m} ends in the last 10 minutes.`)]);
    }
    if (d.keep_alive) {
      signs.push(["Its path cuts idle connections", plain(d.keep_alive.text ?? "")]);
    }
    return html`${signs.map(([title, text]) => html`<div class="banner sign"><strong>${title}.</strong> ${text}</div>`)}
      ${this.#possible(d.possible_failures ?? [])}`;
  }

  #possible(failures) {
    return failures.length === 0 ? nothing : html`<section class="card inferred" aria-labelledby="possible">
      <h2 id="possible">Possibly this client <span class="tag">inferred</span></h2>
      <p class="faint">These connections failed before a ClientID was read. They came with the certificate or from the
        address that this client had last; another device may have made them.</p>
      <ul class="plainlist">${failures.map((one) => html`<li>${when(one.at)} ${reasonChip(one.reason, one.detail)}
        <span>${one.advice ? plain(one.advice) : DETAILS[one.detail] ?? ""}</span>
        <span class="faint">same ${one.inferred_from ?? "origin"}${one.peername
          ? html`, from <span class="num">${foreign(one.peername)}</span>` : nothing}</span></li>`)}</ul>
    </section>`;
  }

  #session(client) {
    const socket = this.#diagnosis.value?.socket ?? client?.socket;
    if (!client && !socket) {
      return nothing;
    }
    return html`<section class="card" aria-labelledby="now">
      <h2 id="now">Now</h2>
      ${client ? figures(ofClient(client)) : nothing}
      ${socket && Object.keys(socket).length
        ? html`<h3>TCP, as the kernel sees it</h3>${figures(socket, "ago")}` : nothing}
    </section>`;
  }

  #counts() {
    const ends = this.#diagnosis.value?.ends;
    if (!ends) {
      return nothing;
    }
    const reasons = [...new Set(Object.values(ends).flatMap(Object.keys))];
    return html`<section class="card" aria-labelledby="ends">
      <h2 id="ends">How often it went away</h2>
      ${reasons.length === 0
        ? html`<p class="faint">Not once in the last 24 hours.</p>`
        : html`<table class="small"><caption class="hidden">Ends per reason</caption>
            <thead><tr><th scope="col">Reason</th>${Object.keys(ends).map((span) => html`<th scope="col" class="num">${span}</th>`)}</tr></thead>
            <tbody>${reasons.map((reason) => html`<tr><th scope="row">${reasonChip(reason)}</th>
              ${Object.values(ends).map((byReason) => html`<td class="num">${count(byReason[reason] ?? 0)}</td>`)}</tr>`)}</tbody>
          </table>
          <p><a href=${address(["disconnects"], { clientid: this.#id })}>All its ends</a></p>`}
    </section>`;
  }

  #timeline() {
    const answer = this.#history.value;
    const all = [...(answer?.data ?? []), ...this.#older];
    const more = this.#more ?? answer?.meta;
    return html`<section class="card" aria-labelledby="history">
      <h2 id="history">What happened</h2>
      ${unreachable(answer?.meta)} ${failure(this.#history, "a history")}
      ${!answer
        ? this.#history.error ? nothing : waiting("its history")
        : all.length === 0
          ? html`<p class="faint">The flight recorder holds nothing of it.</p>`
          : html`<ol class="timeline">${repeat(all, (event, i) => all.length - i, happened)}</ol>
              ${all.length >= EVENTS_MAX
                ? html`<p class="faint">That is as many as this page shows. Ask for an older time under
                    <a href=${address(["disconnects"], { clientid: this.#id })}>Disconnects</a>.</p>`
                : more?.hasnext
                  ? html`<button type="button" ?disabled=${this.#history.loading} @click=${() => this.#showOlder()}>
                      Show older</button>`
                  : html`<p class="faint">That is all${more?.oldest_at
                      ? html`; the recorder begins ${when(more.oldest_at, { ago: true })}` : nothing}.</p>`}`}
    </section>`;
  }

  #topics(client) {
    const all = this.#subscriptions.value;
    if (!all || !client) {
      return nothing;
    }
    return html`<section class="card" aria-labelledby="topics">
      <h2 id="topics">Subscriptions <span class="faint">${count(all.length)}</span></h2>
      ${all.length === 0
        ? html`<p class="faint">None.</p>`
        : html`<div class="table"><table><caption class="hidden">Subscriptions</caption>
            <thead><tr><th scope="col">Topic filter</th><th scope="col" class="num">QoS</th>
              <th scope="col" class="wide">No Local</th><th scope="col" class="wide">Retain as published</th></tr></thead>
            <tbody>${all.slice(0, 500).map((s) => html`<tr><th scope="row" class="id">${foreign(s.topic, 120)}</th>
              <td class="num">${s.qos}</td><td class="wide">${figure("nl", Boolean(s.nl))}</td>
              <td class="wide">${figure("rap", Boolean(s.rap))}</td></tr>`)}</tbody></table></div>
            ${all.length > 500 ? html`<p class="faint">The first 500 of ${count(all.length)}.</p>` : nothing}`}
    </section>`;
  }
}

/** What is asked for, or null if there is no such client. */
async function gone(ask) {
  try {
    return await ask();
  } catch (e) {
    if (e.code === "CLIENTID_NOT_FOUND") {
      return null;
    }
    throw e;
  }
}

/** What of the client object helps here, with words of its own. */
function ofClient(client) {
  const out = {};
  const put = (name, value) => {
    if (value !== undefined && value !== null && value !== "") {
      out[name] = value;
    }
  };
  put("username", client.username);
  put("address", client.ip_address && `${client.ip_address.includes(":") ? `[${client.ip_address}]` : client.ip_address}:${client.port}`);
  put("listener", client.listener);
  put("node", client.node);
  if (client.session_node !== client.node) {
    put("session_on", client.session_node);
  }
  put("MQTT version", { 3: "3.1", 4: "3.1.1", 5: "5.0" }[client.proto_ver] ?? client.proto_ver);
  put("keep_alive_s", client.keepalive);
  put("clean_start", client.clean_start);
  put("session_expiry_s", client.expiry_interval);
  put("in flight", of(client.inflight_cnt, client.inflight_max));
  put("queue", of(client.mqueue_len, client.mqueue_max));
  put("dropped from its queue", client.mqueue_dropped);
  put("received", client.recv_oct === undefined ? undefined : `${count(client.recv_pkt)} packets, ${bytes(client.recv_oct)}`);
  put("sent", client.send_oct === undefined ? undefined : `${count(client.send_pkt)} packets, ${bytes(client.send_oct)}`);
  put("Session created", client.created_at && ago(client.created_at));
  return out;
}

const of = (n, max) => (n === undefined ? undefined : max ? `${count(n)} of ${count(max)}` : count(n));

/** What many ends at once tell counts more than what one of them does. */
const told = ({ side, confidence, advice }) => ({ side, confidence, advice });

// ---- one event of the history

const HEADLINE = new Set(["at", "event", "clientid", "node", "reason", "detail", "side", "confidence", "advice"]);
const ENDS = new Set(["ended", "refused", "failed"]);

function happened(event) {
  const isEnd = ENDS.has(event.event);
  return html`<li class="event event-${isEnd ? "end" : event.event}">
    <span class="at">${when(event.at)}</span>
    <div>
      <p><strong>${EVENTS[event.event] ?? plain(String(event.event))}</strong>
        ${isEnd ? html`${reasonChip(event.reason, event.detail)} ${sideChip(event.side, event.confidence)}`
          : nothing}</p>
      ${isEnd
        ? html`<p class="sentence">${event.advice ? plain(event.advice) : DETAILS[event.detail] ?? ""}</p>
            <details><summary>Evidence</summary>${evidence(event)}</details>`
        : html`<p class="faint facts">${facts(event)}</p>`}
    </div>
  </li>`;
}

function facts(event) {
  const said = Object.entries(event).filter(([name]) => !HEADLINE.has(name));
  return said.map(([name, value], i) => html`${i ? ", " : ""}<span>${label(name)}: ${foreign(
    Array.isArray(value) ? value.join(", ") : figure(name, value), 120)}</span>`);
}
