// The shell around the pages: who is signed in, where one is, light and dark, refreshing.
import { html, nothing, render } from "./lib/lit-html.js";
import * as api from "./api.js";
import { address, closeDialog, drawWith, route, update } from "./app.js";
import { StandingAlarms } from "./alarms.js";
import { foreign } from "./text.js";
import { ClientPage } from "./client.js";
import { ClientsPage } from "./clients.js";
import { DisconnectsPage } from "./disconnects.js";
import { LimitsPage } from "./limits.js";
import { RefusedPage } from "./refused.js";
import { SignIn } from "./sign-in.js";
import { TracePage } from "./trace.js";
import { TracesPage } from "./traces.js";

const NAVIGATION = [
  ["clients", "Clients"],
  ["disconnects", "Disconnects"],
  ["refused", "Refused"],
  ["trace", "Log Trace"],
  ["limits", "Limits"],
];

let page = null;
let where = null;
let refreshes = stored("nightjar.refresh") !== "off";
let timer = 0;
const signIn = new SignIn();
const standing = new StandingAlarms();

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is switched off: it holds until the page is loaded again.
  }
}

function pageOf({ segments, query }) {
  const [name, value] = segments;
  switch (name) {
    case "disconnects":
      return new DisconnectsPage(query);
    case "refused":
      return new RefusedPage(query);
    case "limits":
      return new LimitsPage(standing);
    case "trace":
      return value ? new TracePage(value) : new TracesPage(query);
    case "clients":
      return value ? new ClientPage(segments.slice(1).join("/")) : new ClientsPage(query);
    default:
      return new ClientsPage(query);
  }
}

function open() {
  closeDialog();
  page?.stop?.();
  page = null;
  if (api.signedIn()) {
    where = route();
    page = pageOf(where);
    document.title = `${page.title} - Nightjar`;
    page.start();
    standing.watch();
    schedule();
  } else {
    standing.forget();
    document.title = "Sign in - Nightjar";
  }
  update();
}

/** Opens the page of the address and puts the keyboard where its content begins. */
function navigate() {
  open();
  requestAnimationFrame(() => {
    document.getElementById("main")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  });
}

function schedule() {
  clearTimeout(timer);
  const now = page;
  if (now?.refreshMillis) {
    timer = setTimeout(async () => {
      if (refreshes && !document.hidden && page === now) {
        await now.refresh();
      }
      if (page === now) {
        schedule();
      }
    }, now.refreshMillis);
  }
}

// ---- header

function theme() {
  return document.documentElement.dataset.theme ?? "";
}

function nextTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const order = dark ? ["", "light", "dark"] : ["", "dark", "light"];
  const next = order[(order.indexOf(theme()) + 1) % order.length];
  if (next) {
    document.documentElement.dataset.theme = next;
  } else {
    delete document.documentElement.dataset.theme;
  }
  store("nightjar.theme", next);
  update();
}

function toggleRefresh() {
  refreshes = !refreshes;
  store("nightjar.refresh", refreshes ? "on" : "off");
  if (refreshes) {
    page?.refresh?.();
  }
  update();
}

function header() {
  const session = api.signedIn();
  const here = where?.segments[0] || "clients";
  return html`<header class="top">
    <a class="brand" href="#/clients"><img src="icon.svg" alt="" width="24" height="24"><span>Nightjar</span></a>
    <nav aria-label="Pages of the dashboard">
      ${NAVIGATION.map(
        ([name, text]) =>
          html`<a href=${address([name])} aria-current=${here === name ? "page" : nothing}>${text}${name === "limits" ? standing.sign() : nothing}</a>`,
      )}
    </nav>
    <div class="tools">
      ${page?.refreshMillis
        ? html`<button type="button" class="quiet" aria-pressed=${refreshes} @click=${toggleRefresh}
            title="Ask again every ${page.refreshMillis / 1000} seconds">
            <span class="dot ${refreshes ? "on" : ""}" aria-hidden="true"></span><span class="word">Refresh</span>
          </button>`
        : nothing}
      <button type="button" class="quiet" @click=${nextTheme} title="Light, dark, or as the system has it">
        <span aria-hidden="true">${{ light: "\u2600", dark: "\u263e" }[theme()] ?? "\u25d0"}</span>
        <span class="word">${{ light: "Light", dark: "Dark" }[theme()] ?? "Auto"}</span>
      </button>
      <span class="who" title="role: ${session.role}">${foreign(session.username, 20)}
        ${session.role === "viewer" ? html`<span class="tag">viewer</span>` : nothing}</span>
      <button type="button" class="quiet" @click=${() => api.signOut()}>Sign out</button>
    </div>
  </header>`;
}

function draw() {
  render(
    api.signedIn() && page
      ? html`${header()}
          <main id="main" tabindex="-1">${page.content()}</main>`
      : html`<main id="main" tabindex="-1" class="bare">${signIn.content()}</main>`,
    document.getElementById("app"),
  );
}

document.querySelector(".skip").addEventListener("click", (e) => {
  e.preventDefault();
  document.getElementById("main").focus();
});
document.querySelector(".boot")?.remove();
drawWith(draw);
api.onSignedOut((text) => {
  signIn.say(text);
  open();
});
signIn.onDone = navigate;
window.addEventListener("hashchange", navigate);
document.addEventListener("visibilitychange", () => !document.hidden && refreshes && page?.refresh?.());
open();
