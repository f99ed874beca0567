// Ends per minute as stacked bars, drawn as SVG: sharp at any size, coloured by the style sheet, walked with the arrow
// keys, and beside it the same figures as a table.
import { html, nothing, svg } from "./lib/lit-html.js";
import { update } from "./app.js";
import { count, minute } from "./text.js";
import { REASONS } from "./words.js";

const WIDTH = 720;
const HEIGHT = 150;
const BARS = 60;
const BARS_MIN = 30;
const MINUTE = 60_000;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440].map((minutes) => minutes * MINUTE);

export class EndsChart {
  #selected = -1;
  #onRange;

  /** `onRange(from, to)` is called when a bar is chosen. */
  constructor(onRange) {
    this.#onRange = onRange;
  }

  content(summary) {
    const bars = bins(summary);
    if (bars.length === 0) {
      return nothing;
    }
    const max = Math.max(1, ...bars.map((bar) => bar.total));
    const first = new Date(bars[0].from);
    const last = new Date(bars.at(-1).to);
    const chosen = bars[this.#selected];
    return html`<figure class="chart">
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" tabindex="0"
        aria-label="Ends over time. Arrow keys walk the bars, Enter shows one alone."
        @keydown=${(e) => this.#key(e, bars)}
        @pointerleave=${() => this.#select(-1)}
        @blur=${() => this.#select(-1)}>
        ${[0.25, 0.5, 0.75].map((part) => svg`<line class="grid" x1="0" x2=${WIDTH} y1=${HEIGHT * part} y2=${HEIGHT * part}></line>`)}
        ${bars.map((bar, i) => this.#bar(bar, i, bars.length, max))}
      </svg>
      <div class="axis" aria-hidden="true"><span>${minute(first, first, last)}</span>
        <span class="max">highest ${count(max)}</span><span>${minute(last, first, last)}</span></div>
      <figcaption aria-live="polite">${chosen
        ? html`<strong>${minute(new Date(chosen.from), first, last)} to ${minute(new Date(chosen.to), first, last)}</strong>
            ${count(chosen.total)} ${chosen.total === 1 ? "end" : "ends"}${Object.entries(chosen.reasons).map(([reason, n]) =>
              html`, ${reason} ${count(n)}`)}`
        : html`<span class="faint">Point at a bar, or walk with the arrow keys.</span>`}</figcaption>
      ${table(bars, first, last)}
    </figure>`;
  }

  #bar(bar, i, all, max) {
    const width = WIDTH / all;
    let top = HEIGHT;
    const parts = Object.entries(bar.reasons).map(([reason, n]) => {
      const height = Math.max(1.5, (n / max) * (HEIGHT - 6));
      top -= height;
      return svg`<rect class="tone-${REASONS[reason]?.tone ?? 0}" x=${i * width + 1} y=${Math.max(0, top)}
        width=${Math.max(1, width - 2)} height=${height}></rect>`;
    });
    return svg`<g class=${i === this.#selected ? "selected" : ""} @pointerenter=${() => this.#select(i)}
      @click=${() => this.#onRange(bar.from, bar.to)}>
      <rect class="column" x=${i * width} y="0" width=${width} height=${HEIGHT}></rect>${parts}</g>`;
  }

  #select(i) {
    if (this.#selected !== i) {
      this.#selected = i;
      update();
    }
  }

  #key(e, bars) {
    const last = bars.length - 1;
    const from = this.#selected;
    const to = { ArrowLeft: from < 0 ? last : Math.max(0, from - 1), ArrowRight: from < 0 ? 0 : Math.min(last, from + 1), Home: 0, End: last }[e.key];
    if (to !== undefined) {
      e.preventDefault();
      this.#select(to);
    } else if (e.key === "Enter" && bars[from]) {
      this.#onRange(bars[from].from, bars[from].to);
    }
  }
}

function table(bars, first, last) {
  const filled = bars.filter((bar) => bar.total > 0);
  return html`<details class="as-table"><summary>As a table</summary>
    <div class="table"><table class="small"><caption class="hidden">Ends over time</caption>
      <thead><tr><th scope="col">From</th><th scope="col" class="num">Ends</th><th scope="col">Reasons</th></tr></thead>
      <tbody>${filled.map((bar) => html`<tr><th scope="row" class="num">${minute(new Date(bar.from), first, last)}</th>
        <td class="num">${count(bar.total)}</td>
        <td>${Object.entries(bar.reasons).map(([reason, n], i) => html`${i ? ", " : ""}${reason} ${count(n)}`)}</td></tr>`)}</tbody>
    </table></div></details>`;
}

/** At most BARS columns of equal length over the whole time, empty ones too. */
function bins({ per_minute: minutes = [], meta = {} }) {
  const points = minutes.map((point) => ({ ...point, at: new Date(point.at).getTime() })).filter((p) => !Number.isNaN(p.at));
  if (points.length === 0) {
    return [];
  }
  const earliest = Math.min(...points.map((p) => p.at));
  const latest = Math.max(...points.map((p) => p.at));
  const told = (value, otherwise) => {
    const at = new Date(value ?? Number.NaN).getTime();
    return Number.isNaN(at) ? otherwise : at;
  };
  const asked = Math.min(earliest, Math.max(told(meta.from, earliest), told(meta.oldest_at, 0)));
  const to = Math.max(latest + MINUTE, Math.min(told(meta.to, latest + MINUTE), Date.now()));
  const from = Math.min(asked, to - BARS_MIN * MINUTE);
  const step = STEPS.find((one) => (to - from) / one <= BARS) ?? Math.ceil((to - from) / BARS);
  const start = Math.floor(from / step) * step;
  const bars = [];
  for (let at = start; at < to; at += step) {
    bars.push({ from: at, to: at + step, total: 0, reasons: {} });
  }
  for (const point of points) {
    const bar = bars[Math.floor((point.at - start) / step)];
    for (const reason of Object.keys(REASONS)) {
      if (bar && point[reason]) {
        bar.reasons[reason] = (bar.reasons[reason] ?? 0) + point[reason];
      }
    }
    if (bar) {
      bar.total += point.total;
    }
  }
  return bars;
}
