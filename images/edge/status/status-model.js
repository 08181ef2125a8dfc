// What the page knows, worked out of what Prometheus and Alertmanager answer. Nothing here touches the document: tests import it as it is.

/**
 * @typedef {"blue" | "green"} Slot
 * @typedef {"rate" | "errors" | "p50" | "p95" | "p99"} Measure
 * @typedef {{ readonly labels: Readonly<Record<string, string>>, readonly at: number, readonly value: number }} Sample
 * @typedef {{ readonly at: number, readonly value: number }} Point
 * @typedef {{ readonly labels: Readonly<Record<string, string>>, readonly points: readonly Point[] }} Track
 * @typedef {{ readonly slot: Slot, readonly role: string, readonly share: number | null, readonly releases: readonly string[], readonly answering: number, readonly copies: number, readonly tracks: Readonly<Record<Measure, readonly Point[]>> }} SlotView
 * @typedef {{ readonly name: string, readonly frozen: boolean, readonly answers: boolean | null, readonly slots: readonly SlotView[] }} ServiceView
 * @typedef {{ readonly at: number, readonly ok: boolean | null, readonly seconds: number | null }} Deployment
 * @typedef {{ readonly services: readonly ServiceView[], readonly targets: { readonly total: number, readonly down: readonly string[] }, readonly deployment: Deployment | null }} Picture
 * @typedef {{ readonly name: string, readonly state: "firing" | "pending" | "silenced" | "inhibited", readonly severity: string, readonly priority: string, readonly where: string, readonly summary: string, readonly since: number, readonly runbook: string | null }} Alert
 * @typedef {{ readonly alerts: readonly Alert[], readonly heartbeat: boolean, readonly estate: string | null }} Alerts
 */

/** @type {readonly Slot[]} */
export const SLOTS = ["blue", "green"];

/** @type {readonly Measure[]} */
export const MEASURES = ["rate", "errors", "p50", "p95", "p99"];

/**
 * Everything that is a fact of this moment, in one question: shares, roles, probes, targets, the last deployment.
 * @type {string}
 */
export const FACTS =
  '{__name__=~"up|probe_success|sluice_share_percent|sluice_active_slot|sluice_frozen|sluice_deployment_started_timestamp_seconds|sluice_deployment_finished_timestamp_seconds|sluice_deployment_succeeded"}';

const ALL = 'sluice_edge_requests_total{service!=""}';
const FAILED = 'sluice_edge_requests_total{service!="",code=~"5.."}';
const perSlot = (/** @type {string} */ counter) => `sum by (service, slot) (rate(${counter}[30s]))`;
// A quantile needs more answers than a rate does: a minute of them, or a canary's p99 only jumps.
const quantile = (/** @type {number} */ q) =>
  `histogram_quantile(${q}, sum by (service, slot, le) (rate(sluice_edge_request_duration_seconds_bucket{service!=""}[1m])))`;

/** One expression for requests/s, share of 5xx (0-1) and latency (seconds) by service and slot, told apart by the label `measure`. */
export const TRAFFIC = Object.entries({
  rate: perSlot(ALL),
  // No error yet means no such series: that is 0, not unknown.
  errors: `(${perSlot(FAILED)} or 0 * ${perSlot(ALL)}) / (${perSlot(ALL)} > 0)`,
  p50: quantile(0.5),
  p95: quantile(0.95),
  p99: quantile(0.99),
})
  .map(([measure, expression]) => `label_replace(${expression}, "measure", "${measure}", "", "")`)
  .join(" or ");

/** Fires always, to prove that alerts get out: a heartbeat, not a trouble. */
const HEARTBEAT = "Watchdog";

/**
 * The samples of an instant query's answer; values that are no number (a quantile of nothing) are left out.
 * @param {unknown} answer
 * @returns {Sample[]}
 */
export function samples(answer) {
  return results(answer)
    .map(({ metric, value }) => ({ labels: metric ?? {}, at: Number(value?.[0]), value: Number(value?.[1]) }))
    .filter(({ value }) => Number.isFinite(value));
}

/**
 * The series of a range query's answer.
 * @param {unknown} answer
 * @returns {Track[]}
 */
export function tracks(answer) {
  return results(answer).map(({ metric, values }) => ({
    labels: metric ?? {},
    points: (values ?? [])
      .map((/** @type {[number, string]} */ [at, value]) => ({ at: Number(at), value: Number(value) }))
      .filter((/** @type {Point} */ { value }) => Number.isFinite(value)),
  }));
}

/** @returns {any[]} */
function results(/** @type {unknown} */ answer) {
  const { status, data, error } = /** @type {any} */ (answer ?? {});
  if (status !== "success" || !Array.isArray(data?.result)) throw new Error(error ?? "its answer is no query result");
  return data.result;
}

/**
 * What a slot is for: the same words as `npm run status`.
 * @param {boolean} active
 * @param {number | null} share percent of clients
 */
export const roleOf = (active, share) => (share === null ? "no route" : active ? "active" : share > 0 ? "canary" : "standby");

/**
 * Put services together from facts and traffic. A service is known by its probes or its share, so one without any request is there too.
 * @param {{ facts: readonly Sample[], live: readonly Sample[], history: readonly Track[] }} answers
 * @returns {Picture}
 */
export function picture({ facts, live, history }) {
  const of = (/** @type {string} */ name) => facts.filter(({ labels }) => labels.__name__ === name);
  const probes = of("probe_success");
  const slotProbes = probes.filter(({ labels }) => labels.job === "slot");
  const shares = of("sluice_share_percent");
  const names = [...new Set([...shares, ...slotProbes].map(({ labels }) => labels.service ?? ""))].filter(Boolean).sort();
  return {
    services: names.map((name) => {
      const own = (/** @type {readonly Sample[]} */ list) => list.filter(({ labels }) => labels.service === name);
      const route = own(probes).find(({ labels }) => labels.job === "route");
      return {
        name,
        frozen: own(of("sluice_frozen")).some(({ value }) => value === 1),
        answers: route ? route.value === 1 : null,
        slots: SLOTS.flatMap((slot) => {
          const here = (/** @type {readonly Sample[]} */ list) => own(list).filter(({ labels }) => labels.slot === slot);
          const copies = here(slotProbes);
          const share = here(shares)[0]?.value ?? null;
          if (copies.length === 0 && !share) return [];
          return [
            {
              slot,
              role: roleOf(
                here(of("sluice_active_slot")).some(({ value }) => value === 1),
                share,
              ),
              share,
              releases: [...new Set(copies.map(({ labels }) => labels.release ?? ""))].filter(Boolean).sort(),
              answering: copies.filter(({ value }) => value === 1).length,
              copies: copies.length,
              tracks: tracksOf(name, slot, live, history),
            },
          ];
        }),
      };
    }),
    targets: {
      total: of("up").length,
      down: of("up")
        .filter(({ value }) => value !== 1)
        .map(({ labels }) => [labels.job, labels.service, labels.slot].filter(Boolean).join(" "))
        .sort(),
    },
    deployment: deployment(of),
  };
}

/**
 * History, and the newest value after it: the line reaches to now although history is asked for less often.
 * @param {string} service
 * @param {Slot} slot
 * @param {readonly Sample[]} live
 * @param {readonly Track[]} history
 * @returns {Record<Measure, readonly Point[]>}
 */
function tracksOf(service, slot, live, history) {
  const points = (/** @type {Measure} */ measure) => {
    const same = (/** @type {{ labels: Readonly<Record<string, string>> }} */ { labels }) =>
      labels.service === service && labels.slot === slot && labels.measure === measure;
    const past = history.find(same)?.points ?? [];
    const newest = live.find(same);
    const last = past.at(-1)?.at ?? 0;
    return newest && newest.at > last ? [...past, { at: newest.at, value: newest.value }] : past;
  };
  return { rate: points("rate"), errors: points("errors"), p50: points("p50"), p95: points("p95"), p99: points("p99") };
}

/**
 * The newest deployment that was reported; `ok` is null while it runs.
 * @param {(name: string) => readonly Sample[]} of
 * @returns {Deployment | null}
 */
function deployment(of) {
  const newest = (/** @type {string} */ name) => of(name).reduce((best, { value }) => Math.max(best, value), 0);
  const started = newest("sluice_deployment_started_timestamp_seconds");
  const finished = newest("sluice_deployment_finished_timestamp_seconds");
  if (started === 0 && finished === 0) return null;
  if (finished < started) return { at: started, ok: null, seconds: null };
  return {
    at: finished,
    ok: of("sluice_deployment_succeeded").some(({ value }) => value === 1),
    seconds: started > 0 ? finished - started : null,
  };
}

const RANK = ["critical", "warning", "info"];
const STATES = ["firing", "pending", "silenced", "inhibited"];
const rank = (/** @type {readonly string[]} */ order, /** @type {string} */ word) =>
  order.includes(word) ? order.indexOf(word) : order.length;

/**
 * One list out of both: Alertmanager says what fires, is silenced or inhibited; Prometheus says what is pending, and what fires but has not arrived.
 * @param {unknown} rules answer of Prometheus' `/api/v1/alerts`, or null
 * @param {unknown} manager answer of Alertmanager's `/api/v2/alerts`, or null
 * @returns {Alerts}
 */
export function alertsOf(rules, manager) {
  /** @type {any[]} */
  const arrived = (Array.isArray(manager) ? manager : []).filter(isOriginal);
  const ruled = /** @type {any} */ (rules)?.data?.alerts;
  /** @type {any[]} */
  const own = (Array.isArray(ruled) ? ruled : []).filter(isOriginal);
  // Prometheus adds its external labels on the way out, so an alert that arrived has all of its labels and some more.
  const isSame = (/** @type {any} */ mine, /** @type {any} */ theirs) =>
    Object.entries(mine.labels ?? {}).every(([key, value]) => theirs.labels?.[key] === value);
  const missing = own.filter((mine) => !arrived.some((theirs) => isSame(mine, theirs)));
  const all = [
    ...arrived.map((one) => alert(one, one.startsAt, stateOf(one.status))),
    ...missing.map((one) => alert(one, one.activeAt, one.state === "pending" ? "pending" : "firing")),
  ];
  const labels = arrived.find((one) => one.labels?.estate)?.labels;
  return {
    alerts: all
      .filter(({ name }) => name !== HEARTBEAT)
      .sort(
        (a, b) => rank(STATES, a.state) - rank(STATES, b.state) || rank(RANK, a.severity) - rank(RANK, b.severity) || a.since - b.since,
      ),
    heartbeat: arrived.some((one) => one.labels?.alertname === HEARTBEAT),
    estate: labels?.estate ?? null,
  };
}

/** The steps of an escalation are copies of an alert; people see it once. */
const isOriginal = (/** @type {any} */ one) => !one.labels?.escalation;

/** @returns {"firing" | "silenced" | "inhibited"} */
const stateOf = (/** @type {any} */ status) =>
  status?.silencedBy?.length > 0 ? "silenced" : status?.inhibitedBy?.length > 0 ? "inhibited" : "firing";

/**
 * @param {any} one
 * @param {string} since
 * @param {Alert["state"]} state
 * @returns {Alert}
 */
function alert({ labels = {}, annotations = {} }, since, state) {
  return {
    name: labels.alertname ?? "an alert without a name",
    state,
    severity: labels.severity ?? "unknown",
    priority: labels.priority ?? "",
    where: [labels.service, labels.slot, labels.release].filter(Boolean).join(" "),
    summary: annotations.summary ?? annotations.description ?? "",
    since: Date.parse(since) / 1000,
    // Annotations are text from rules: only an address of the web may become a link.
    runbook: /^https?:\/\//i.test(annotations.runbook_url ?? "") ? annotations.runbook_url : null,
  };
}

/** What cannot be seen although Prometheus answers: the two sources that this page lives on. */
export const blindSpots = (/** @type {Picture["targets"]} */ { down }) => [
  ...(down.includes("edge") ? ["The edge's requests are not being counted: rates and latencies below have stopped."] : []),
  ...(down.includes("node") ? ["Shares and freezes are not being read: what is below may have changed."] : []),
];

/**
 * The whole page in one sentence.
 * @param {readonly ServiceView[]} services
 * @param {readonly Alert[]} alerts
 * @returns {{ readonly level: "good" | "warning" | "critical" | "unknown", readonly words: string }}
 */
export function verdict(services, alerts) {
  const firing = (/** @type {string} */ severity) => alerts.filter((one) => one.state === "firing" && one.severity === severity).length;
  const named = (/** @type {(service: ServiceView) => boolean} */ is) => services.filter(is).map(({ name }) => name);
  const [critical, warning] = [firing("critical"), firing("warning")];
  const silent = named(({ answers }) => answers === false);
  const frozen = named((service) => service.frozen);
  const counts = [...(critical > 0 ? [`${critical} critical`] : []), ...(warning > 0 ? [`${warning} warning`] : [])].join(" and ");
  const words = [
    ...(silent.length > 0 ? [`${silent.join(", ")} ${silent.length === 1 ? "does" : "do"} not answer`] : []),
    ...(counts ? [`${counts} ${critical + warning === 1 ? "alert fires" : "alerts fire"}`] : []),
    ...(frozen.length > 0 ? [`${frozen.join(", ")} ${frozen.length === 1 ? "is" : "are"} frozen by a rollback`] : []),
  ].join("; ");
  if (words) return { level: critical > 0 || silent.length > 0 ? "critical" : "warning", words: `${words}.` };
  return services.length > 0
    ? { level: "good", words: "All is well. No alert fires." }
    : { level: "unknown", words: "Nothing is known yet." };
}
