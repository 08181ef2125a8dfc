// One small line chart: both slots over time, an axis, and the value of now or of the moment that is pointed at.
import { atOf, describeLine, nearest, pathOf, topOf, xOf, yOf } from "./chart-model.js";
import { draw, make, mark, shape } from "./document.js";

const HEIGHT = 104;
/** Seconds without a point that break a line; history comes every 10 s. */
const GAP = 25;
/** Pixels that an axis label of the left side gets. */
const LABELS = 46;

const timeOf = (at) => new Date(at * 1000).toLocaleTimeString();

/** Near an end of the axis, words grow inwards. */
const anchorOf = ({ from, to }, at) => {
  const part = (at - from) / (to - from);
  return part < 0.2 ? "start" : part > 0.8 ? "end" : "middle";
};

/**
 * @param title what is drawn, with its unit
 * @param format a value in words
 * @param least the highest value of the axis is at least this
 * @param point called with a time while somebody points at the chart, and with null after
 */
export function createChart({ title, format, least, point }) {
  const svg = draw("svg", { height: HEIGHT, tabindex: "0", role: "img" });
  const values = make("dd", { className: "values" });
  const root = make("div", { className: "chart" }, make("dl", {}, make("dt", {}, title), values), svg);
  let width = 0;
  let shown = { lines: [], from: 0, to: 1, live: true };
  let cursor = null;

  const frame = () => {
    const all = shown.lines.flatMap(({ points }) => points.filter(({ at }) => at >= shown.from).map(({ value }) => value));
    return {
      from: shown.from,
      to: shown.to,
      highest: topOf(all, least),
      box: { left: LABELS, right: width - 8, top: 8, bottom: HEIGHT - 18 },
    };
  };

  function render() {
    if (width === 0) return;
    const here = frame();
    const { left, right, bottom } = here.box;
    const level = (value) => [
      draw("line", { class: value === 0 ? "base" : "level", x1: left, x2: right, y1: yOf(here, value), y2: yOf(here, value) }),
      draw("text", { x: left - 6, y: yOf(here, value) + 4, "text-anchor": "end" }, format(value)),
    ];
    const moment = (when, words, anchor) => draw("text", { x: xOf(here, when), y: bottom + 15, "text-anchor": anchor }, words);
    const axis = [
      moment(shown.from, "−15 min", "start"),
      ...(width < 200 ? [] : [moment((shown.from + shown.to) / 2, "−7:30", "middle")]),
      moment(shown.to, shown.live ? "now" : timeOf(shown.to), "end"),
    ];
    const empty = shown.lines.every(({ points }) => points.length === 0);
    const at = cursor ?? shown.to;
    const marks = shown.lines.flatMap(({ slot, points }) => {
      const one = nearest(points, at, GAP);
      return one && one.at >= shown.from
        ? [
            draw(
              "g",
              { class: "dot", "data-slot": slot },
              shape(slot, xOf(here, one.at), yOf(here, one.value), slot === "blue" ? 3.5 : 4.5),
            ),
          ]
        : [];
    });
    svg.replaceChildren(
      ...[0, here.highest / 2, here.highest].flatMap(level),
      ...(cursor === null ? axis : [moment(cursor, timeOf(cursor), anchorOf(here, cursor))]),
      ...(empty ? [draw("text", { x: (left + right) / 2, y: bottom / 2 + 8, "text-anchor": "middle" }, "no requests")] : []),
      ...(cursor === null ? [] : [draw("line", { class: "cursor", x1: xOf(here, at), x2: xOf(here, at), y1: 4, y2: bottom })]),
      ...shown.lines.map(({ slot, points }) => draw("path", { class: "line", "data-slot": slot, d: pathOf(here, points, GAP) })),
      ...marks,
    );
    values.replaceChildren(
      ...shown.lines.map(({ slot, points }) => {
        const one = nearest(points, at, GAP);
        return make("span", {}, mark(slot), make("span", { className: "unseen" }, `${slot} `), one ? format(one.value) : "–");
      }),
    );
    const words = shown.lines.map(({ slot, points }) => `${slot}: ${describeLine(points, format)}`).join("; ");
    svg.setAttribute("aria-label", `${title}, last 15 minutes. ${words || "no data"}.`);
  }

  svg.addEventListener("pointermove", (event) => point(atOf(frame(), event.offsetX)));
  svg.addEventListener("pointerleave", () => point(null));
  svg.addEventListener("blur", () => point(null));
  svg.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -10, ArrowRight: 10, PageUp: 60, PageDown: -60 }[event.key];
    if (event.key === "Escape") point(null);
    if (by === undefined) return;
    event.preventDefault();
    point(Math.min(shown.to, Math.max(shown.from, (cursor ?? shown.to) + by)));
  });
  new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    render();
  }).observe(svg);

  return {
    root,
    /** Lines to draw: `{slot, points}` in drawing order; their span in seconds since 1970; whether it ends now. */
    update(lines, { from, to, live }) {
      shown = { lines, from, to, live };
      render();
    },
    /** Show the values of this moment, or of now (null). */
    pointAt(at) {
      if (at === cursor) return;
      cursor = at;
      render();
    },
  };
}
