import { type Curve, type CurvePoint, LONGEST, POINTS, WITHIN } from "./curve.ts";

const WIDTH = 960;
const HEIGHT = 420;
const TOP = 64;
const BOTTOM = 340;

/** A plot with points of errors from left to right, in the logarithm. */
interface Panel {
  readonly left: number;
  readonly right: number;
  /** 0 at the bottom, 1 at the top. */
  readonly height: (value: number) => number;
  readonly ticks: readonly (readonly [value: number, label: string])[];
  readonly title: string;
}

const log = (value: number, from: number, to: number): number => Math.log(value / from) / Math.log(to / from);
const round = (value: number): string => value.toFixed(1).replace(/\.0$/, "");
const escapeXml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const REQUESTS: Panel = {
  ...{ left: 64, right: 450, title: "Canary's requests until the guard decides" },
  height: (value) => log(value, 5, LONGEST),
  ticks: [5, 10, 30, 100, 300, 1000, 3000, 10_000].map((value) => [value, value.toLocaleString("en")]),
};
const POWER: Panel = {
  ...{ left: 556, right: 942, title: "Canaries caught, with 1 % of errors on the other slot" },
  height: (value) => value,
  ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => [value, `${value * 100} %`]),
};

/** Colours that people with any colour vision can tell apart (Okabe, Ito). */
const COLORS = ["#0072b2", "#009e73", "#d55e00", "#000000"] as const;

interface Line {
  readonly label: string;
  readonly color: string;
  readonly dashed?: boolean;
  readonly value: (point: CurvePoint) => number;
  readonly points: readonly CurvePoint[];
}

/** Requests to decide and power by effect size, as an SVG. Same curves, same text. */
export function curvePicture(curves: readonly Curve[], runs: number): string {
  const requests = curves.flatMap(({ base, points }, index): Line[] => {
    const color = COLORS[index] ?? COLORS[0];
    return [
      { label: `${base * 100} % on the other slot`, color, value: ({ p50 }) => p50, points },
      { label: "", color, dashed: true, value: ({ p95 }) => p95, points },
    ];
  });
  const last = curves.at(-1)?.points ?? [];
  const power: Line[] = [
    ...WITHIN.map((within, index) => ({
      ...{
        label: `guard, within ${within} requests`,
        color: COLORS[index] ?? COLORS[0],
        value: ({ guard }: CurvePoint) => guard[within],
        points: last,
      },
    })),
    { label: "analysis, 500 requests", color: COLORS[3], dashed: true, value: ({ analysis }) => analysis, points: last },
  ];
  const body = [
    `<title>How soon and how surely a bad canary is caught</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    ...panel(REQUESTS, requests, ["solid: half of the rollouts", "dashed: 95 % of them"]),
    ...panel(POWER, power, []),
    text(
      WIDTH / 2,
      HEIGHT - 12,
      `${runs} simulated rollouts per point; the other slot has nine times the canary's requests`,
      "middle",
      "#555555",
    ),
  ];
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" role="img">`;
  return `${[open, ...body.map((line) => `  ${line}`), "</svg>"].join("\n")}\n`;
}

function panel(plot: Panel, lines: readonly Line[], notes: readonly string[]): string[] {
  const y = (value: number): number => BOTTOM - plot.height(value) * (BOTTOM - TOP);
  const x = (points: number): number => plot.left + log(points, POINTS[0], 100) * (plot.right - plot.left);
  return [
    text(plot.left, TOP - 28, plot.title, "start", "#000000", "600"),
    ...plot.ticks.flatMap(([value, label]) => [
      `<line x1="${plot.left}" x2="${plot.right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="#e0e0e0"/>`,
      text(plot.left - 6, y(value) + 4, label, "end", "#555555"),
    ]),
    ...[1, 2, 5, 10, 20, 50, 100].map((points) => text(x(points), BOTTOM + 18, `+${points}`, "middle", "#555555")),
    text((plot.left + plot.right) / 2, BOTTOM + 38, "points of errors above the other slot", "middle", "#555555"),
    ...lines.flatMap((line) => drawn(line, x, y)),
    ...legend(plot, lines, notes),
  ];
}

/** Points that are never reached are left out: the line ends where the guard's patience does. */
function drawn({ color, dashed, value, points }: Line, x: (points: number) => number, y: (value: number) => number): string[] {
  const known = points.filter((point) => Number.isFinite(value(point)) && value(point) <= LONGEST);
  if (known.length === 0) return [];
  const path = known.map((point) => `${round(x(point.points))},${round(y(value(point)))}`).join(" ");
  const dash = dashed ? ' stroke-dasharray="5 4"' : "";
  return [`<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`];
}

/** Where no line is: top right for times, which fall; bottom right for shares, which rise. */
function legend({ left, right, ticks }: Panel, lines: readonly Line[], notes: readonly string[]): string[] {
  const named = lines.filter(({ label }) => label !== "");
  const falls = ticks[0]?.[0] !== 0;
  const start = falls ? TOP + 10 : BOTTOM - 20 * (named.length + notes.length);
  const at = left + (right - left) * 0.5;
  return [
    ...named.flatMap(({ label, color, dashed }, index) => [
      `<line x1="${round(at)}" x2="${round(at + 24)}" y1="${start + index * 20}" y2="${start + index * 20}" stroke="${color}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ""}/>`,
      text(at + 30, start + index * 20 + 4, label, "start", "#000000"),
    ]),
    ...notes.map((note, index) => text(at + 30, start + (named.length + index) * 20 + 4, note, "start", "#555555")),
  ];
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end", fill: string, weight = "400"): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" fill="${fill}" font-weight="${weight}">${escapeXml(words)}</text>`;
}
