// What every page needs: drawing again, addresses, loading, notes and dialogs.
import { html, nothing, render } from "./lib/lit-html.js";
import { ApiError } from "./api.js";

let draw = () => {};
let asked = false;

/** Who draws the whole page. */
export function drawWith(drawer) {
  draw = drawer;
}

/** Draws again, once a frame at most. */
export function update() {
  if (!asked) {
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
      drawDialogs();
    });
  }
}

// ---- addresses: #/clients/a%2Fb?reason=kicked

/** `{segments, query}` of an address; an escape that is none stays as it was typed. */
export function route(hash = location.hash) {
  const [where, values = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const segments = where.split("/").map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      return segment;
    }
  });
  return { segments, query: new URLSearchParams(values) };
}

/** Address of a page. */
export function address(segments, values = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "") {
      query.append(name, value);
    }
  }
  const text = query.toString();
  return "#/" + segments.map(encodeURIComponent).join("/") + (text ? "?" + text : "");
}

export function go(segments, values) {
  location.hash = address(segments, values);
}

// ---- loading

/** One answer that a page waits for. While it is asked for again, the last one stays. */
export class Load {
  value = undefined;
  error = null;
  loading = false;
  #abort = null;

  /** Asks; an earlier question that is still open is dropped. Tells whether an answer came. */
  async run(ask) {
    this.cancel();
    const abort = new AbortController();
    this.#abort = abort;
    this.loading = true;
    update();
    try {
      const value = await ask(abort.signal);
      if (this.#abort !== abort) {
        return false;
      }
      this.value = value;
      this.error = null;
      return true;
    } catch (e) {
      if (this.#abort !== abort || e.name === "AbortError") {
        return false;
      }
      if (!(e instanceof ApiError)) {
        console.error(e);
      }
      this.error = e;
      return false;
    } finally {
      if (this.#abort === abort) {
        this.#abort = null;
        this.loading = false;
        update();
      }
    }
  }

  cancel() {
    this.#abort?.abort();
    this.#abort = null;
    this.loading = false;
  }

  clear() {
    this.cancel();
    this.value = undefined;
    this.error = null;
  }
}

// ---- notes

const NOTE_MILLIS = 6000;
const notes = [];

/** Says something in passing; also to those who listen to the page. */
export function note(text, kind = "good") {
  notes.push({ text, kind });
  drawNotes();
  setTimeout(() => {
    notes.shift();
    drawNotes();
  }, NOTE_MILLIS);
}

function drawNotes() {
  render(
    notes.map((one) => html`<p class="note ${one.kind}">${one.text}</p>`),
    document.getElementById("notes"),
  );
}

// ---- dialogs

let dialog = null;

/** Opens a dialog; `content` is drawn with every update. Escape closes it, and focus goes back to where it was. */
export function openDialog(label, content) {
  closeDialog();
  const from = document.activeElement;
  dialog = { label, content, from };
  drawDialogs();
  const element = document.querySelector("#dialogs dialog");
  element.showModal();
  (element.querySelector("[autofocus]") ?? element.querySelector("input, select, button"))?.focus();
}

export function closeDialog() {
  if (dialog) {
    const { from } = dialog;
    dialog = null;
    document.querySelector("#dialogs dialog")?.close();
    drawDialogs();
    if (from?.isConnected) {
      from.focus();
    } else {
      document.getElementById("main")?.focus();
    }
  }
}

function drawDialogs() {
  render(
    dialog
      ? html`<dialog
          aria-labelledby="dialog-title"
          @close=${closeDialog}
          @click=${(e) => e.target === e.currentTarget && closeDialog()}
        >
          <div class="dialog-body">
            <h2 id="dialog-title">${dialog.label}</h2>
            ${dialog.content()}
          </div>
        </dialog>`
      : nothing,
    document.getElementById("dialogs"),
  );
}
