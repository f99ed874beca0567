// The form that starts a trace.
import { html, nothing } from "./lib/lit-html.js";
import * as api from "./api.js";
import { closeDialog, note, openDialog, update } from "./app.js";
import { fieldOf, ofField, plain } from "./text.js";
import { TRACE_TYPES } from "./words.js";

const LASTS_MILLIS = 30 * 60_000;
const SLUG_MAX = 32;

/** A name that can be told apart later. */
function nameFor(value) {
  const slug = (value ?? "").replace(/[^A-Za-z0-9-_]+/g, "-").replace(/^-+|-+$/g, "").slice(0, SLUG_MAX);
  const at = fieldOf(new Date()).slice(5).replace(/[-:]/g, "").replace("T", "-");
  return `why${slug ? "-" + slug : ""}-${at}`;
}

/** Opens the form. `preset` may have type and value; `done` gets the name of the trace. */
export function askToTrace(preset, done) {
  const state = {
    type: preset.type ?? "clientid",
    value: preset.value ?? "",
    name: nameFor(preset.value),
    encode: "text",
    busy: false,
    error: null,
  };
  openDialog("New trace", () => form(state, done));
}

async function submit(e, state, done) {
  e.preventDefault();
  const data = new FormData(e.target);
  const limit = data.get("payload_limit");
  state.busy = true;
  state.error = null;
  update();
  try {
    const trace = await api.call("POST", "/trace", {
      body: {
        name: data.get("name").trim(),
        type: state.type,
        [state.type]: state.value,
        start_at: ofField(data.get("start_at")),
        end_at: ofField(data.get("end_at")),
        formatter: data.get("formatter"),
        payload_encode: state.encode,
        payload_limit: limit === null || limit === "" ? undefined : Number(limit),
      },
    });
    closeDialog();
    note(`Trace ${trace.name} ${trace.status === "waiting" ? "waits for its start" : "runs"}.`);
    done(trace.name);
  } catch (error) {
    state.error = error;
    state.busy = false;
    update();
  }
}

function choice(name, text, options, selected, onChange) {
  return html`<label><span>${text}</span>
    <select name=${name} @change=${onChange}>
      ${Object.entries(options).map(
        ([value, said]) => html`<option value=${value} ?selected=${value === selected}>${said}</option>`)}
    </select></label>`;
}

const HINTS = {
  clientid: "exactly as the client sends it",
  clientid_prefix: "device-",
  username: "exactly as the client sends it",
  ip_address: "10.0.0.7 or 10.0.0.0/24",
  topic: "devices/+/state or devices/#",
};

function form(state, done) {
  return html`<form class="form" @submit=${(e) => submit(e, state, done)}>
    <div class="pair">
      ${choice("type", "What to follow", TRACE_TYPES, state.type, (e) => { state.type = e.target.value; update(); })}
      <label><span>${TRACE_TYPES[state.type]}</span>
        <input name="value" required autofocus autocomplete="off" spellcheck="false" autocapitalize="none"
          placeholder=${HINTS[state.type]} .value=${state.value}
          @input=${(e) => { state.value = e.target.value; }}></label>
    </div>
    <label><span>Name of the trace</span>
      <input name="name" required maxlength="256" autocomplete="off" spellcheck="false" .value=${state.name}
        aria-describedby="name-hint" @input=${(e) => { state.name = e.target.value; }}>
      <span class="hint" id="name-hint">a letter first, then letters, digits, - and _</span></label>
    <div class="pair">
      <label><span>Start</span><input name="start_at" type="datetime-local" step="1" aria-describedby="start-hint">
        <span class="hint" id="start-hint">empty: now</span></label>
      <label><span>End</span><input name="end_at" type="datetime-local" step="1" aria-describedby="end-hint">
        <span class="hint" id="end-hint">empty: ${LASTS_MILLIS / 60_000} minutes after the start</span></label>
    </div>
    <div class="pair three">
      ${choice("formatter", "Lines", { text: "text", json: "JSON" }, "text", () => {})}
      ${choice("payload_encode", "Payloads", { text: "as text", hex: "as hex", hidden: "hidden" }, state.encode,
        (e) => { state.encode = e.target.value; update(); })}
      ${state.encode === "hidden" ? nothing : html`<label><span>Bytes of each</span>
        <input name="payload_limit" type="number" min="0" max="65536" value="1024" inputmode="numeric"></label>`}
    </div>
    ${state.error ? html`<p class="field-error" role="alert">${plain(state.error.message)}</p>` : nothing}
    <div class="buttons">
      <button type="button" @click=${closeDialog}>Cancel</button>
      <button type="submit" class="primary" ?disabled=${state.busy}>Start trace</button>
    </div>
  </form>`;
}
