// One trace: its state, its lines as they arrive, and its file.
import { html, nothing } from "./lib/lit-html.js";
import { repeat } from "./lib/directives/repeat.js";
import * as api from "./api.js";
import { Load, go, note, update } from "./app.js";
import { EventStream } from "./event-stream.js";
import { empty, failure, waiting, when } from "./parts.js";
import { bytes, count, foreign, plain, sum } from "./text.js";
import { askToDelete, follows, status, stop } from "./traces.js";
import { REASONS, TRACE_TAGS } from "./words.js";

const KEPT = 10_000;
const SHOWN = 500;
const LINE_MAX = 2000;
const NEAR_END_PIXELS = 40;

const STATES = {
  connecting: "connecting",
  live: "live",
  waiting: "interrupted, trying again",
  ended: "the trace is over",
  refused: "you may not read it any more",
  failed: "not available",
};

export class TracePage {
  refreshMillis = 3000;
  #name;
  #trace = new Load();
  #lines = [];
  #number = 0;
  #held = [];
  #paused = false;
  #state = "connecting";
  #error = null;
  #stream = null;
  #stopped = false;
  #tags = new Set();
  #text = "";
  #downloading = "";

  constructor(name) {
    this.#name = name;
    this.title = `Trace ${plain(name, 40)}`;
  }

  start() {
    this.refresh();
  }

  /** Follows the lines, once it is known that this user may read them. */
  #follow() {
    const trace = this.#trace.value;
    if (this.#stream || this.#stopped || !trace || !mayRead(trace)) {
      return;
    }
    this.#stream = new EventStream(api.path`/trace/${this.#name}/tail`, {
      event: (event) => this.#arrived(event),
      state: (state, error) => this.#became(state, error),
    });
    this.#stream.start();
  }

  stop() {
    this.#stopped = true;
    this.#stream?.close();
    this.#trace.cancel();
  }

  async refresh() {
    await this.#trace.run(async (signal) => {
      const traces = await api.get("/trace", {}, signal);
      return traces.find((trace) => trace.name === this.#name) ?? null;
    });
    this.#follow();
  }

  #became(state, error = null) {
    if (this.#state !== "ended") {
      this.#state = state;
      this.#error = error;
      update();
    }
  }

  #arrived({ type, data }) {
    if (type === "end" || type === "eof") {
      this.#became(data.includes('"unauthorized"') ? "refused" : "ended");
      this.#stream.close();
      this.refresh();
      return;
    }
    let told;
    try {
      told = JSON.parse(data);
    } catch {
      told = { line: data };
    }
    const line = { ...lineOf(told.line ?? data), node: told.node ?? "", number: ++this.#number };
    (this.#paused ? this.#held : this.#lines).push(line);
    trim(this.#lines);
    trim(this.#held);
    update();
  }

  #pause() {
    this.#paused = !this.#paused;
    if (!this.#paused) {
      this.#lines.push(...this.#held);
      this.#held = [];
      trim(this.#lines);
    }
    update();
  }

  async #download(format) {
    this.#downloading = format;
    update();
    try {
      const answer = await api.open("GET", api.path`/trace/${this.#name}/download`, { query: { format } });
      // The browser keeps a large answer on disk, not in memory.
      save(await answer.blob(), fileName(answer) ?? `${this.#name}.${ENDINGS[format]}`);
    } catch (e) {
      note(e instanceof api.ApiError ? e.message : "The download was cut short. Try again.", "bad");
    } finally {
      this.#downloading = "";
      update();
    }
  }

  content() {
    const trace = this.#trace.value;
    return html`<p class="path"><a href="#/trace">Log Trace</a> <span aria-hidden="true">\u203a</span></p>
      <div class="head"><h1 class="id">${foreign(this.#name, 80)}</h1>
        ${trace ? html`<p class="now">${status(trace)}</p>` : nothing} ${trace ? this.#buttons(trace) : nothing}</div>
      ${failure(this.#trace, "this trace")}
      ${trace === undefined
        ? this.#trace.error ? nothing : waiting("the trace")
        : trace === null
          ? empty("There is no such trace", html`It may have been deleted. <a href="#/trace">All traces</a>`)
          : html`${facts(trace)} ${mayRead(trace) ? this.#live() : empty("This trace shows payloads", html`Only an administrator
              may read its lines or download it. A trace whose payloads are hidden is for every user.`)}`}`;
  }

  #buttons(trace) {
    const download = (format, text) => html`<button type="button" ?disabled=${this.#downloading !== ""}
      @click=${() => this.#download(format)}>${this.#downloading === format ? "Downloading\u2026" : text}</button>`;
    return html`<div class="buttons">
      ${mayRead(trace) ? html`${trace.formatter === "json" ? download("jsonl", "Download as JSON lines")
        : download("text", "Download as text")} ${download("zip", "Download as zip")}` : nothing}
      ${api.mayChange() && (trace.status === "running" || trace.status === "waiting")
        ? html`<button type="button" @click=${() => stop(trace.name, () => this.refresh())}>Stop</button>` : nothing}
      ${api.mayChange() ? html`<button type="button" class="danger"
        @click=${() => askToDelete(trace.name, () => go(["trace"]))}>Delete</button>` : nothing}
    </div>`;
  }

  #matching() {
    const text = this.#text.toLowerCase();
    return this.#lines.filter((line) =>
      (this.#tags.size === 0 || this.#tags.has(line.tag)) && (text === "" || line.lower.includes(text)));
  }

  #live() {
    const matching = this.#matching();
    const shown = matching.slice(-SHOWN);
    const filtered = this.#tags.size > 0 || this.#text !== "";
    requestAnimationFrame(follow);
    return html`<section aria-labelledby="lines">
      <div class="live-head">
        <h2 id="lines">Lines</h2>
        <span class="live ${this.#state === "live" && !this.#paused ? "on" : "off"}" role="status"
          >${this.#paused ? `paused, ${count(this.#held.length)} waiting` : STATES[this.#state]}</span>
        <button type="button" aria-pressed=${this.#paused} @click=${() => this.#pause()}>${this.#paused ? "Go on" : "Pause"}</button>
        <button type="button" @click=${() => { this.#lines = []; update(); }}>Clear</button>
        <label class="find"><span class="hidden">Show lines with this text</span>
          <input type="search" name="find" placeholder="only lines with\u2026" autocomplete="off" spellcheck="false" .value=${this.#text}
            @input=${(e) => { this.#text = e.target.value; update(); }}></label>
      </div>
      <div class="tags" role="group" aria-label="Kinds of lines">
        ${TRACE_TAGS.map((tag) => html`<button type="button" class="tag-button" aria-pressed=${this.#tags.has(tag)}
          @click=${() => this.#toggle(tag)}>${tag}</button>`)}
        <span class="faint">${filtered ? `${count(matching.length)} of ${count(this.#lines.length)}` : count(this.#lines.length)}
          lines${matching.length > SHOWN ? `, the last ${SHOWN} shown` : ""}${this.#lines.length === KEPT
            ? "; older ones are in the file" : ""}</span>
      </div>
      ${this.#error ? html`<div class="state error" role="alert"><strong>No live lines</strong><p>${this.#error.unknownCall
        ? "This node does not offer live lines. Download the trace instead." : plain(this.#error.message)}</p></div>` : nothing}
      <div class="lines" tabindex="0" role="log" aria-live="off" aria-label="Lines of the trace" data-following="true"
        @scroll=${scrolled}>
        ${shown.length === 0
          ? html`<p class="faint">${this.#lines.length ? "No line matches." : "No line yet. They appear here as they are written."}</p>`
          : repeat(shown, (line) => line.number, show)}
      </div>
    </section>`;
  }

  #toggle(tag) {
    if (!this.#tags.delete(tag)) {
      this.#tags.add(tag);
    }
    update();
  }
}

function trim(lines) {
  if (lines.length > KEPT) {
    lines.splice(0, lines.length - KEPT);
  }
}

// ---- the box with lines keeps to its end until somebody scrolls up

function scrolled(e) {
  const box = e.currentTarget;
  box.dataset.following = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PIXELS;
}

function follow() {
  const box = document.querySelector(".lines");
  if (box?.dataset.following === "true") {
    box.scrollTop = box.scrollHeight;
  }
}

/** Whether this user may read its lines: payloads are for administrators. */
const mayRead = (trace) => api.mayChange() || trace.payload_encode === "hidden";

function facts(trace) {
  const lost = sum(trace.dropped);
  return html`<p class="facts">${follows(trace)} <span class="dotted">from ${when(trace.start_at)} to ${when(trace.end_at)}</span>
    <span class="dotted">${count(sum(trace.lines))} lines, ${bytes(sum(trace.log_size))}</span>
    <span class="dotted">payloads ${trace.payload_encode}</span>
    ${Object.keys(trace.lines ?? {}).length > 1 ? html`<span class="dotted">${Object.entries(trace.lines).map(([node, n], i) =>
      html`${i ? ", " : ""}${foreign(node, 32)} ${count(n)}`)}</span>` : nothing}</p>
    ${lost ? html`<p class="banner">${count(lost)} events came faster than they could be written and are missing. The file says
      where.</p>` : nothing}
    ${trace.failure ? html`<div class="state error" role="alert"><strong>The trace failed</strong><p>${plain(trace.failure)}</p></div>` : nothing}`;
}

// ---- one line

const TEXT = /^(\S+) \[([A-Z]+)\] (.*)$/s;

/** Time, tag and the rest, of a text line or a JSON one. */
function lineOf(raw) {
  const text = String(raw).replace(/\n$/, "");
  const lower = text.toLowerCase();
  const parts = TEXT.exec(text);
  if (parts) {
    return { at: parts[1], tag: parts[2], rest: parts[3], lower, ...endOf(/, reason: ([a-z_]+)/.exec(parts[3])) };
  }
  try {
    const { time, meta } = JSON.parse(text);
    return { at: time ?? "", tag: meta?.trace_tag ?? "", rest: text, lower, ...endOf(/"reason":"([a-z_]+)"/.exec(text)) };
  } catch {
    return { at: "", tag: "", rest: text, lower, reason: null };
  }
}

function endOf(match) {
  return { reason: match && REASONS[match[1]] ? match[1] : null };
}

function show(line) {
  const tone = line.reason ? `ends tone-${REASONS[line.reason].tone}` : "";
  return html`<p class="line ${tone}" title=${line.node}>${line.at
    ? html`<span class="faint">${line.at} </span><span class="tag-name">${line.tag}</span> ` : nothing}${foreign(line.rest, LINE_MAX)}</p>`;
}

// ---- download

const ENDINGS = { text: "log", jsonl: "jsonl", zip: "zip" };

function fileName(answer) {
  return /filename="([^"/\\]+)"/.exec(answer.headers.get("Content-Disposition") ?? "")?.[1];
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
