// Pieces that several pages show alike.
import { html, nothing } from "./lib/lit-html.js";
import { closeDialog, address, note, openDialog, update } from "./app.js";
import * as api from "./api.js";
import { count, foreign, plain, time } from "./text.js";
import { CONFIDENCE, DETAILS, REASONS, SIDES, figure, isSocketField, label } from "./words.js";

// ---- who and why

export function clientLink(id, max) {
  return html`<a class="id" href=${address(["clients", id])}>${foreign(id, max)}</a>`;
}

/** A link if there is a ClientID; ends before CONNECT have none. */
export const clientOrNone = (id, max) =>
  id ? clientLink(id, max) : html`<span class="faint">no ClientID yet</span>`;

export function reasonChip(reason, detail) {
  if (!reason) {
    return html`<span class="faint">-</span>`;
  }
  const tone = REASONS[reason]?.tone ?? 0;
  return html`<span class="reason tone-${tone}" title=${DETAILS[detail] ?? REASONS[reason]?.text ?? ""}
    ><span class="word"><i aria-hidden="true"></i>${reason}</span>${detail ? html`<span class="detail">${detail}</span>` : nothing}</span
  >`;
}

export function sideChip(side, confidence) {
  return side
    ? html`<span class="side side-${side}" title=${confidence ? `${confidence}: ${CONFIDENCE[confidence] ?? ""}` : ""}
        >${side}${confidence ? html`<span class="sure">${confidence}</span>` : nothing}</span
      >`
    : nothing;
}

/** What happened, in words. */
export const meaning = (reason, detail) => DETAILS[detail] ?? REASONS[reason]?.text ?? "";

export const sideInWords = (side) => SIDES[side] ?? side;

// ---- states of a page

export function failure(load, what) {
  const error = load.error;
  if (!error) {
    return nothing;
  }
  const text = error.unknownCall
    ? `This node does not offer ${what} yet. It may run an older version than this page.`
    : error.message || "an unexpected fault of this page; see the browser's console";
  return html`<div class="state error" role="alert">
    <strong>${error.status === 0 ? "No answer" : "That did not work"}</strong>
    <p>${plain(text)}</p>
    ${load.value !== undefined ? html`<p class="faint">Below is what was known before.</p>` : nothing}
  </div>`;
}

export const waiting = (what) => html`<div class="state" aria-busy="true"><p class="pulse">Asking for ${what}\u2026</p></div>`;

export const empty = (title, text) => html`<div class="state"><strong>${title}</strong><p>${text}</p></div>`;

/** What cannot be known right now, said on top of a list. */
export function unreachable(meta) {
  const nodes = meta?.unreachable_nodes ?? [];
  return nodes.length === 0
    ? nothing
    : html`<div class="banner" role="status">
        <strong>Not the whole picture.</strong> ${nodes.length === 1 ? "A node" : `${nodes.length} nodes`} did not
        answer in time: ${nodes.map((node, i) => html`${i ? ", " : ""}<code>${plain(node)}</code>`)}. What happened
        there is missing below.
      </div>`;
}

/** Older and newer, by cursors: `pages` is a Pages. */
export function pager(pages, load) {
  const meta = load.value?.meta;
  if (!meta || (pages.first && !meta.hasnext)) {
    return nothing;
  }
  return html`<nav class="pager" aria-label="Pages">
    <button type="button" ?disabled=${pages.first} @click=${() => pages.back()}>\u2039 Back</button>
    <span class="faint">page ${pages.number}</span>
    <button type="button" ?disabled=${!meta.hasnext} @click=${() => pages.on(meta.cursor)}>Next \u203a</button>
  </nav>`;
}

/** Walks a list by its cursors. */
export class Pages {
  #cursors = [""];
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  get cursor() {
    return this.#cursors.at(-1);
  }

  get number() {
    return this.#cursors.length;
  }

  get first() {
    return this.#cursors.length === 1;
  }

  reset() {
    this.#cursors = [""];
  }

  on(cursor) {
    this.#cursors.push(cursor);
    this.#changed();
  }

  back() {
    if (!this.first) {
      this.#cursors.pop();
      this.#changed();
    }
  }
}

// ---- evidence

const OWN = new Set(["at", "event", "clientid", "reason", "detail", "side", "confidence", "advice", "last_in", "last_out",
  "possible", "inferred_from", "likely_clientid", "fix", "refused_by"]);
const TRAFFIC = /^(packets|messages|bytes)_(in|out)$|^last_(in|out)_age_ms$|^(inflight|queued|dropped|connected_for_ms)$/;
const CONNECTION = new Set(["username", "peername", "listener", "transport", "node", "protocol_version", "clean_start",
  "keep_alive_s", "session_expiry_s", "proxy", "tls_version", "sni", "certificate_subject"]);

/** Names and values as a list of pairs; `since` says what ages are counted from. */
export function figures(fields, since = "before") {
  return html`<dl class="figures">
    ${Object.entries(fields).map(
      ([name, value]) => html`<div>
        <dt title=${name}>${label(name)}</dt>
        <dd>${shown(name, value, since)}</dd>
      </div>`,
    )}
  </dl>`;
}

function shown(name, value, since) {
  const text = Array.isArray(value) ? value.join(", ") : figure(name, value, since);
  return foreign(typeof text === "object" && text !== null ? JSON.stringify(text) : text, 160);
}

function packets(title, marks) {
  return html`<div class="packets">
    <h4>${title}</h4>
    ${marks?.length
      ? html`<ol reversed>
          ${marks.toReversed().map((mark) => html`<li>${packet(mark)}</li>`)}
        </ol>`
      : html`<p class="faint">none</p>`}
  </div>`;
}

/** PUBLISH#7(12B,1ms) as type, size and age. */
function packet(mark) {
  const parts = /^([A-Z]+)(#\d+)?\((\d+)B,(\d+)ms\)$/.exec(mark);
  return parts
    ? html`<code>${parts[1]}<span class="faint">${parts[2] ?? ""}</span></code
        ><span class="num">${parts[3]} B</span><span class="num faint">${figure("x_age_ms", Number(parts[4]))}</span>`
    : html`<code>${plain(mark)}</code>`;
}

/** Everything that was measured at an end, in groups. */
export function evidence(end) {
  const groups = { cause: {}, connection: {}, traffic: {}, socket: {} };
  for (const [name, value] of Object.entries(end)) {
    if (!OWN.has(name) && value !== undefined) {
      const group = isSocketField(name)
        ? "socket"
        : TRAFFIC.test(name)
          ? "traffic"
          : CONNECTION.has(name)
            ? "connection"
            : "cause";
      groups[group][name] = value;
    }
  }
  const section = (title, fields) =>
    Object.keys(fields).length === 0 ? nothing : html`<section><h4>${title}</h4>${figures(fields)}</section>`;
  return html`<div class="evidence">
    ${section("Cause", groups.cause)} ${section("Connection", groups.connection)} ${section("Traffic", groups.traffic)}
    ${section("TCP, as the kernel saw it", groups.socket)}
    ${end.last_in || end.last_out
      ? html`<section class="last">
          ${packets("Last packets from the client", end.last_in)} ${packets("Last packets to the client", end.last_out)}
        </section>`
      : nothing}
  </div>`;
}

/** An end in one line: what, whose side, in words, what to do. */
export function verdict(end) {
  return html`<div class="verdict">
    <p class="chips">${reasonChip(end.reason, end.detail)} ${sideChip(end.side, end.confidence)}</p>
    <p class="meaning">${meaning(end.reason, end.detail)}</p>
    ${end.advice ? html`<p class="advice">${plain(end.advice)}</p>` : nothing}
  </div>`;
}

// ---- kick

const WHY_MAX = 256;

/** Asks whether to kick, and kicks. `done` is called after it. */
export function askToKick(id, done) {
  const state = { why: "", keep: false, busy: false, error: null };
  const submit = async (e) => {
    e.preventDefault();
    state.busy = true;
    state.error = null;
    update();
    try {
      await api.kick(id, { reason: state.why.trim(), keep_session: state.keep ? "true" : undefined });
      closeDialog();
      note(`${plain(id, 48)} was kicked.`);
      done();
    } catch (error) {
      state.error = error;
      state.busy = false;
      update();
    }
  };
  openDialog("Kick this client?", () => html`
    <form @submit=${submit} class="form">
      <p>${foreign(id, 96)} is disconnected at once. It may come back at once, as most clients do.</p>
      <label>
        <span>Why (the history and the client's last end will tell it)</span>
        <input name="why" autofocus maxlength=${WHY_MAX} autocomplete="off"
          @input=${(e) => { state.why = e.target.value; }}>
      </label>
      <label class="check">
        <input type="checkbox" name="keep" @change=${(e) => { state.keep = e.target.checked; }}>
        <span>Keep its Session (subscriptions and queued messages)</span>
      </label>
      ${state.error ? html`<p class="field-error" role="alert">${plain(state.error.message)}</p>` : nothing}
      <div class="buttons">
        <button type="button" @click=${closeDialog}>Cancel</button>
        <button type="submit" class="danger" ?disabled=${state.busy}>Kick</button>
      </div>
    </form>`);
}

export const total = (n, word) => html`<strong class="num">${count(n)}</strong> ${word}${Number(n) === 1 ? "" : "s"}`;

export const when = time;

// ---- lines to copy

/** A line for a shell or a file, with a button that puts it into the clipboard. */
export function copyable(line) {
  return html`<span class="copyable"><code>${line}</code>
    <button type="button" class="small" @click=${(e) => copy(line, e.currentTarget)} aria-label="Copy ${line}">Copy</button></span>`;
}

/** A page that did not come over TLS or from this machine has no clipboard: there the line is selected and copied so. */
async function copy(line, button) {
  try {
    await navigator.clipboard.writeText(line);
    note("Copied.");
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    note(document.execCommand("copy") ? "Copied." : "The line is selected; copy it with Ctrl+C.");
  }
}
