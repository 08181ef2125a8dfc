import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import colors from "picocolors";
import { formatAge, formatRate, formatRatio, formatSeconds } from "../../images/edge/status/chart-model.js";
import type { Alert } from "../../images/edge/status/status-model.js";
import type { SlotRow, View } from "./view.ts";

type Colors = ReturnType<typeof colors.createColors>;

export interface Screen {
  /** Columns of the terminal; what does not fit is left out, the least important first. */
  readonly width: number;
  readonly colors: boolean;
}

const BARS = "▁▂▃▄▅▆▇█";

/** Values as a line of bars, from zero to their own highest; a gap is a blank. */
export function sparkline(values: readonly (number | null)[]): string {
  const highest = Math.max(...values.map((value) => value ?? 0));
  const bar = (value: number) => BARS[highest === 0 ? 0 : Math.min(7, Math.floor((value / highest) * 8))] ?? "";
  return values.map((value) => (value === null ? " " : bar(value))).join("");
}

const toneOfHealth = (health: string): "green" | "yellow" | "red" =>
  health === "healthy" || health === "running" ? "green" : health === "starting" ? "yellow" : "red";
const toneOfAlert = ({ state, severity }: Alert): "red" | "yellow" | "dim" =>
  state !== "firing" ? "dim" : severity === "critical" ? "red" : severity === "warning" ? "yellow" : "dim";

/** Text from outside (releases, alerts) on one line and without control characters: it must not be able to draw. */
const plain = (text: string): string => text.replace(/\p{Cc}+/gu, " ");

const known = (value: number | null, format: (value: number) => string): string => (value === null ? "–" : format(value));
const copies = ({ health, copies: count }: SlotRow): string => (count > 1 ? `${health} (${count})` : health);

interface Column {
  readonly head: string;
  readonly right?: boolean;
  readonly cell: (row: SlotRow, paint: Colors) => string;
  /** Columns go in this order, the lowest first, when the terminal is narrow; 0: never. */
  readonly leaves: number;
}

const COLUMNS: readonly Column[] = [
  { head: "service", cell: ({ service }, paint) => paint.bold(service), leaves: 0 },
  { head: "slot", cell: ({ slot }, paint) => (slot === "blue" ? paint.blue(slot) : paint.green(slot)), leaves: 0 },
  { head: "role", cell: ({ role }) => role, leaves: 5 },
  { head: "clients", right: true, cell: ({ share }) => known(share, (percent) => `${percent} %`), leaves: 0 },
  { head: "release", cell: ({ release }) => plain(release), leaves: 4 },
  { head: "health", cell: (row, paint) => paint[toneOfHealth(row.health)](copies(row)), leaves: 0 },
  { head: "req/s", right: true, cell: ({ rate }) => known(rate, formatRate), leaves: 0 },
  {
    head: "errors",
    right: true,
    cell: ({ errors }, paint) => (errors !== null && errors > 0.01 ? paint.red(formatRatio(errors)) : known(errors, formatRatio)),
    leaves: 0,
  },
  { head: "p50", right: true, cell: ({ p50 }) => known(p50, formatSeconds), leaves: 2 },
  { head: "p95", right: true, cell: ({ p95 }) => known(p95, formatSeconds), leaves: 3 },
  { head: "p99", right: true, cell: ({ p99 }) => known(p99, formatSeconds), leaves: 6 },
  { head: "req/s, last 5 min", cell: ({ trend }) => sparkline(trend), leaves: 1 },
];

const EDGELESS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

function tableOf(rows: readonly SlotRow[], columns: readonly Column[], paint: Colors): string[] {
  const table = new Table({
    head: columns.map(({ head }) => paint.dim(head)),
    colAligns: columns.map(({ right }) => (right ? "right" : "left")),
    chars: EDGELESS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  // A service is named once: its second row has the name's place empty.
  table.push(
    ...rows.map((row, index) =>
      columns.map(({ head, cell }) => (head === "service" && rows[index - 1]?.service === row.service ? "" : cell(row, paint))),
    ),
  );
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

/** The table with as many columns as fit. */
function fitting(rows: readonly SlotRow[], width: number, paint: Colors): string[] {
  const leaving = COLUMNS.map(({ leaves }) => leaves)
    .filter((leaves) => leaves > 0)
    .sort((a, b) => a - b);
  for (const gone of [0, ...leaving]) {
    const lines = tableOf(
      rows,
      COLUMNS.filter(({ leaves }) => leaves === 0 || leaves > gone),
      paint,
    );
    if (gone === leaving.at(-1) || lines.every((line) => stripVTControlCharacters(line).length <= width)) return lines;
  }
  return [];
}

const ageOf = (view: View, seconds: number): string => formatAge(Date.parse(view.at) / 1000 - seconds);

function alertLine(view: View, alert: Alert, paint: Colors): string {
  const { state, severity, priority, name, where, since, summary } = alert;
  const tone = paint[toneOfAlert(alert)](plain([state, severity, priority].filter(Boolean).join(" ")));
  const about = plain(`${where ? ` ${where}` : ""}, for ${ageOf(view, since)}${summary ? `: ${summary}` : ""}`);
  return `  ${tone}  ${paint.bold(plain(name))}${about}`;
}

function deploymentLine(view: View): string[] {
  if (view.deployment === null) return [];
  const { at, ok, seconds } = view.deployment;
  const age = ageOf(view, at);
  if (ok === null) return [`last deployment: runs for ${age}`];
  return [`last deployment: ${ok ? "succeeded" : "FAILED"} ${age} ago${seconds === null ? "" : `, took ${formatAge(seconds)}`}`];
}

/** One moment of an estate as text for a terminal. */
export function renderView(view: View, { width, colors: colourful }: Screen): string {
  const paint = colors.createColors(colourful);
  const clock = view.at.slice(11, 19);
  if (view.edge.url === null && view.slots.length === 0) return `'${view.estate}' is not running. Start it: npm start`;
  const health = (name: string, word: string) => `${name} ${paint[toneOfHealth(word)](word)}`;
  return [
    `${paint.bold(view.estate)}  ${[health(`edge ${view.edge.url ?? "has no address"}`, view.edge.health), ...view.stores.map((store) => health(store.name, store.health))].join("  ")}  ${paint.dim(`${clock} UTC`)}`,
    ...view.gaps.map((gap) => paint.yellow(`! ${gap}`)),
    "",
    ...(view.slots.length === 0 ? ["No service runs."] : fitting(view.slots, width, paint)),
    ...(view.frozen.length === 0 ? [] : ["", paint.red(`frozen by a rollback: ${view.frozen.join(", ")}`)]),
    "",
    ...alertLines(view, paint),
    ...deploymentLine(view),
  ].join("\n");
}

/** "No alert fires" is said only where somebody was asked and answered. */
function alertLines(view: View, paint: Colors): string[] {
  if (view.alerts.length > 0) return ["alerts", ...view.alerts.map((alert) => alertLine(view, alert, paint))];
  return view.gaps.length === 0 ? [paint.green("no alert fires")] : ["alerts: not known"];
}

/** One moment as lines for a log: each stands alone, without colours. */
export function renderLines(view: View): string {
  const at = view.at.slice(0, 19);
  const field = (name: string, value: number | null, digits: number, unit: string) =>
    `${name}=${value === null ? "-" : `${value.toFixed(digits)}${unit}`}`;
  const inMilliseconds = (name: string, value: number | null) => field(name, value === null ? null : value * 1000, 1, "ms");
  const line = (row: SlotRow) =>
    [
      at,
      row.service,
      row.slot,
      row.role.replace(" ", "-"),
      field("clients", row.share, 0, "%"),
      `release=${plain(row.release)}`,
      `health=${row.health}`,
      field("rate", row.rate, 1, "/s"),
      field("errors", row.errors === null ? null : row.errors * 100, 2, "%"),
      ...(["p50", "p95", "p99"] as const).map((name) => inMilliseconds(name, row[name])),
      ...(view.frozen.includes(row.service) ? ["frozen"] : []),
    ].join(" ");
  const colourless = colors.createColors(false);
  return [
    ...(view.slots.length === 0 ? [`${at} edge ${view.edge.health}, no service runs`] : view.slots.map(line)),
    ...view.alerts.map((alert) => `${at} alert ${alertLine(view, alert, colourless).trim()}`),
    ...view.gaps.map((gap) => `${at} ! ${gap}`),
  ].join("\n");
}
