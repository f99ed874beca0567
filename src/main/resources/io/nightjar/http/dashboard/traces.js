// Log Trace: the traces there are.
import { html, nothing } from "./lib/lit-html.js";
import { repeat } from "./lib/directives/repeat.js";
import * as api from "./api.js";
import { Load, address, closeDialog, go, note, openDialog, update } from "./app.js";
import { empty, failure, reasonChip, waiting, when } from "./parts.js";
import { bytes, count, foreign, plain, sum } from "./text.js";
import { askToTrace } from "./new-trace.js";
import { TRACE_TYPES } from "./words.js";

export class TracesPage {
  title = "Log Trace";
  refreshMillis = 3000;
  #list = new Load();

  start() {
    this.refresh();
  }

  stop() {
    this.#list.cancel();
  }

  async refresh() {
    await this.#list.run((signal) => api.get("/trace", {}, signal));
  }

  content() {
    return html`<div class="head"><h1>Log Trace</h1>
        ${api.mayChange() ? html`<div class="buttons"><button type="button" class="primary"
          @click=${() => askToTrace({}, (name) => go(["trace", name]))}>New trace</button></div>` : nothing}</div>
      <p class="faint">Writes down every packet and every decision about some clients, on all nodes. Why a client went away
        is known without it: see <a href="#/disconnects">Disconnects</a>.</p>
      ${failure(this.#list, "traces")} ${this.#answer()}`;
  }

  #answer() {
    const traces = this.#list.value;
    if (!traces) {
      return this.#list.error ? nothing : waiting("traces");
    }
    return traces.length === 0
      ? empty("No traces", api.mayChange() ? "Start one here, or with \u201cTrace this client\u201d on a client's page."
          : "An administrator can start one.")
      : html`<div class="table"><table class="stack" role="table">
          <caption class="hidden">Traces, newest start first</caption>
          <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Name</th><th role="columnheader" scope="col">Status</th><th role="columnheader" scope="col" class="num">Lines</th>
            <th role="columnheader" scope="col" class="wide">From, to</th><th role="columnheader" scope="col" class="wide">Last end seen</th>
            <th role="columnheader" scope="col"><span class="hidden">What to do</span></th></tr></thead>
          <tbody role="rowgroup">${repeat(traces, (trace) => trace.name, (trace) => row(trace, () => this.refresh()))}</tbody>
        </table></div>`;
  }
}

export const follows = (trace) => html`${TRACE_TYPES[trace.type] ?? trace.type} ${foreign(trace[trace.type], 60)}`;

export const status = (trace) => html`<span class="status status-${trace.status}">${trace.status}</span>`;

function row(trace, refresh) {
  const lost = sum(trace.dropped);
  return html`<tr role="row">
    <th scope="row" role="rowheader"><a class="id" href=${address(["trace", trace.name])}>${foreign(trace.name, 40)}</a>
      <span class="under">${follows(trace)}</span></th>
    <td role="cell">${status(trace)}${trace.failure ? html`<span class="under bad">${plain(trace.failure)}</span>` : nothing}</td>
    <td class="num" role="cell">${count(sum(trace.lines))}<span class="narrow-word"> lines</span><span class="under">${bytes(sum(trace.log_size))}</span>
      ${lost ? html`<span class="under bad" title="They came faster than they could be written; the file says where.">
        ${count(lost)} dropped</span>` : nothing}</td>
    <td class="wide nowrap" role="cell">${when(trace.start_at)}<span class="under">${when(trace.end_at)}</span></td>
    <td class="wide" role="cell">${reasonChip(trace.last_reason)}${trace.last_event_at
      ? html`<span class="under">last line ${when(trace.last_event_at)}</span>` : nothing}</td>
    <td class="actions" role="cell">${api.mayChange() ? html`
      ${trace.status === "running" || trace.status === "waiting"
        ? html`<button type="button" class="small" @click=${() => stop(trace.name, refresh)}>Stop</button>` : nothing}
      <button type="button" class="small danger" @click=${() => askToDelete(trace.name, refresh)}>Delete</button>` : nothing}</td>
  </tr>`;
}

/** Stops a trace; what it wrote stays. */
export async function stop(name, done) {
  try {
    await api.call("PUT", api.path`/trace/${name}/stop`);
    note(`Trace ${name} is stopped.`);
    done();
  } catch (e) {
    note(e.message, "bad");
  }
}

/** Asks whether to delete, and deletes. */
export function askToDelete(name, done) {
  let error = null;
  const submit = async (e) => {
    e.preventDefault();
    try {
      await api.call("DELETE", api.path`/trace/${name}`);
      closeDialog();
      note(`Trace ${name} is deleted.`);
      done();
    } catch (failed) {
      error = failed;
      update();
    }
  };
  openDialog("Delete this trace?", () => html`<form class="form" @submit=${submit}>
    <p>Trace <strong>${foreign(name, 60)}</strong> and what it wrote on every node go for good.</p>
    ${error ? html`<p class="field-error" role="alert">${plain(error.message)}</p>` : nothing}
    <div class="buttons"><button type="button" autofocus @click=${closeDialog}>Cancel</button>
      <button type="submit" class="danger">Delete</button></div>
  </form>`);
}
