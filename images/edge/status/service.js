// One service: who gets how many clients, how each slot is, and its charts.

import { createChart } from "./chart.js";
import { formatRate, formatRatio, formatSeconds } from "./chart-model.js";
import { make, mark, show } from "./document.js";

const CHARTS = [
  { measure: "rate", title: "Requests/s", format: formatRate, least: 1 },
  { measure: "errors", title: "Errors (5xx)", format: formatRatio, least: 0.01 },
  { measure: "p50", title: "Latency p50", format: formatSeconds, least: 0.01 },
  { measure: "p95", title: "Latency p95", format: formatSeconds, least: 0.01 },
  { measure: "p99", title: "Latency p99", format: formatSeconds, least: 0.01 },
];

const badge = (level, words) => {
  const element = make("span", { className: "badge" }, make("span", { className: "mark", ariaHidden: "true" }), words);
  element.dataset.level = level;
  return element;
};

const health = ({ answering, copies }) => {
  if (copies === 0) return badge("unknown", "not probed");
  const of = copies === 1 ? "" : ` ${answering} of ${copies}`;
  if (answering === copies) return badge("good", `healthy${of}`);
  return badge(answering > 0 ? "warning" : "critical", answering > 0 ? `${answering} of ${copies} answer` : "does not answer");
};

const slotRow = ({ slot, role, share, releases, answering, copies }) => {
  const row = make(
    "li",
    {},
    make("span", { className: "slot" }, mark(slot), make("strong", {}, slot)),
    make("span", { className: "role" }, role),
    make("span", { className: "share" }, share === null ? "–" : `${share} %`),
    make("span", { className: "release" }, releases.join(", ") || "release unknown"),
    health({ answering, copies }),
  );
  row.dataset.role = role;
  return row;
};

const routeBadges = ({ answers, frozen }) => [
  ...(answers === null
    ? []
    : [answers ? badge("good", "answers through the edge") : badge("critical", "does not answer through the edge")]),
  ...(frozen ? [badge("frozen", "frozen by a rollback")] : []),
];

/** A card that is made once and then only told what changed. */
export function createService(name) {
  const badges = make("div", { className: "badges" });
  const parts = Object.fromEntries(["blue", "green"].map((slot) => [slot, make("div", { className: "part" })]));
  for (const [slot, part] of Object.entries(parts)) part.dataset.slot = slot;
  const bar = make("div", { className: "split", role: "img" }, ...Object.values(parts));
  const slots = make("ul", { className: "slots", ariaLabel: `Slots of ${name}` });
  const pointAll = (at) => {
    for (const { chart } of charts) chart.pointAt(at);
  };
  const charts = CHARTS.map((kind) => ({ ...kind, chart: createChart({ ...kind, point: pointAll }) }));
  const id = `service-${name}`;
  const root = make(
    "section",
    {},
    make("div", { className: "bar" }, make("h2", { id }, name), badges),
    bar,
    slots,
    make("div", { className: "charts" }, ...charts.map(({ chart }) => chart.root)),
  );
  root.setAttribute("aria-labelledby", id);

  return {
    root,
    update(service, span) {
      show(badges, { answers: service.answers, frozen: service.frozen }, routeBadges);
      const shares = service.slots.filter(({ share }) => share !== null);
      bar.hidden = shares.length === 0;
      bar.ariaLabel = `Clients: ${shares.map(({ slot, share }) => `${slot} ${share} %`).join(", ")}`;
      // A part of the bar never leaves it, so that a change of share is seen to move.
      for (const [slot, part] of Object.entries(parts)) part.style.flexGrow = String(shares.find((one) => one.slot === slot)?.share ?? 0);
      show(
        slots,
        service.slots.map(({ tracks, ...rest }) => rest),
        (all) => all.map(slotRow),
      );
      for (const { measure, chart } of charts) {
        const lines = service.slots.map(({ slot, tracks }) => ({ slot, points: tracks[measure] }));
        chart.update(lines, span);
      }
    },
  };
}
