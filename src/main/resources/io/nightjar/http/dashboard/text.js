// Text, times and figures as people read them. Whatever a client sent is text here: shortened, and with every
// character that is invisible or turns the writing direction spelled out.
import { html } from "./lib/lit-html.js";

const SHORT = 48;
const TITLE = 1024;
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}\u00ad\u115f\u1160\u3164\uffa0\ufe00-\ufe0f]|^ +| +$/gu;
const NAMES = { "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r" };
const encoder = new TextEncoder();

function spelled(char) {
  if (char.startsWith(" ")) {
    return "\u2423".repeat(char.length);
  }
  return NAMES[char] ?? "\\u{" + char.codePointAt(0).toString(16).toUpperCase() + "}";
}

/** The text with everything invisible spelled out, in one string. */
export function plain(text, max = TITLE) {
  const points = cut(text, max);
  return points.text.replace(HIDDEN, spelled) + (points.rest ? "\u2026" : "");
}

/** At most so many characters, none cut in two. */
function cut(text, max) {
  if (text.length <= max) {
    return { text, rest: false };
  }
  const end = /[\ud800-\udbff]/.test(text[max - 1]) ? max - 1 : max;
  return { text: text.slice(0, end), rest: true };
}

/** Text of a client, short, with the whole of it (up to a limit) as title. */
export function foreign(text, max = SHORT) {
  const value = String(text ?? "");
  if (value === "") {
    return html`<span class="faint">(empty)</span>`;
  }
  const { text: short, rest } = cut(value, max);
  const parts = [];
  let last = 0;
  for (const match of short.matchAll(HIDDEN)) {
    parts.push(short.slice(last, match.index), html`<span class="escape">${spelled(match[0])}</span>`);
    last = match.index + match[0].length;
  }
  parts.push(short.slice(last));
  if (!rest) {
    return html`<bdi class="foreign" title=${parts.length > 1 ? plain(value) : value}>${parts}</bdi>`;
  }
  const bytes = encoder.encode(value).length;
  return html`<bdi class="foreign" title=${plain(value)}>${parts}\u2026</bdi
    ><span class="faint length"> ${bytes.toLocaleString()} bytes</span>`;
}

// ---- times

const TODAY = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const OTHER_DAY = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});
const MINUTE = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY_MINUTE = new Intl.DateTimeFormat(undefined, {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

const sameDay = (a, b) => a.toDateString() === b.toDateString();

/** A time in the zone of the reader; the title has the whole of it as the API told it. */
export function time(value, { ago: withAgo = false } = {}) {
  if (!value) {
    return html`<span class="faint">-</span>`;
  }
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) {
    return plain(String(value), SHORT);
  }
  const text = (sameDay(at, new Date()) ? TODAY : OTHER_DAY).format(at);
  return html`<time datetime=${value} title="${value} (${ago(at)})">${text}${withAgo
      ? html`<span class="ago"> (${ago(at)})</span>`
      : ""}</time>`;
}

/** Hour and minute, with the day if the two times are not of one day. */
export function minute(at, from, to) {
  return (sameDay(from, to) ? MINUTE : DAY_MINUTE).format(at);
}

export function ago(at) {
  const millis = Date.now() - new Date(at).getTime();
  return millis < 0 ? `in ${duration(-millis)}` : millis < 1000 ? "now" : `${duration(millis)} ago`;
}

/** A time as the field of a form has it, in the zone of the reader. */
export function fieldOf(date) {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}

/** RFC 3339 of a form's field, or undefined if it is empty. */
export function ofField(text) {
  const date = new Date(text);
  return text && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}

// ---- figures

export const count = (n) => Number(n).toLocaleString();

/** Milliseconds as two units at most. */
export function duration(millis) {
  const ms = Math.max(0, Number(millis));
  if (ms < 1000) {
    return `${Math.round(ms)} ms`;
  }
  const s = ms / 1000;
  if (s < 60) {
    return `${s < 10 ? Number(s.toFixed(1)) : Math.round(s)} s`;
  }
  const pairs = [[86400, "d", 3600, "h"], [3600, "h", 60, "min"], [60, "min", 1, "s"]];
  const [big, bigName, small, smallName] = pairs.find(([unit]) => s >= unit);
  const rest = Math.floor((s % big) / small);
  return `${Math.floor(s / big)} ${bigName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

export function bytes(n) {
  const value = Number(n);
  if (value < 1024) {
    return `${value} B`;
  }
  const power = Math.min(4, Math.floor(Math.log2(value) / 10));
  return `${(value / 1024 ** power).toFixed(value / 1024 ** power < 10 ? 1 : 0)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
}

export const sum = (numbers) => Object.values(numbers ?? {}).reduce((all, n) => all + Number(n), 0);
