// The page's heartbeat: asks every two seconds, and says plainly when it gets no answer.
import { formatAge } from "./chart-model.js";
import { make, say, show } from "./document.js";
import { createService } from "./service.js";
import { alertsOf, blindSpots, FACTS, picture, samples, TRAFFIC, tracks, verdict } from "./status-model.js";

const EVERY = 2000;
const PATIENCE = 5000;
const SPAN = 15 * 60;
const STEP = 10;

const find = (id) => document.getElementById(id);
const [pause, live, words, problems] = ["pause", "live", "words", "problems"].map(find);
const cards = new Map();
const started = Date.now() / 1000;
let paused = false;
let looking = false;
let timer;
/** The last good answers. They stay when the next ones do not come. */
let last = { at: null, history: { end: 0, tracks: [] }, picture: null, rules: null, manager: null };

/** Asks one of the two APIs; every failure becomes an Error with words for people. */
async function ask(who, path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), headers: { accept: "application/json" } }).catch((error) => {
    throw new Error(error.name === "TimeoutError" ? `${who} does not answer within ${PATIENCE / 1000} s.` : "The edge does not answer.");
  });
  if (response.status >= 500) throw new Error(`${who} does not answer (the edge says ${response.status}).`);
  const body = await response.json().catch(() => undefined);
  if (!response.ok || body === undefined) throw new Error(`${who} gave no useful answer (${body?.error ?? response.status}).`);
  return body;
}

const query = async (expression) =>
  samples(await ask("Prometheus", `/prometheus/api/v1/query?${new URLSearchParams({ query: expression })}`));

async function askHistory(end) {
  const parameters = new URLSearchParams({ query: TRAFFIC, start: end - SPAN, end, step: STEP });
  return { end, tracks: tracks(await ask("Prometheus", `/prometheus/api/v1/query_range?${parameters}`)) };
}

async function askPrometheus() {
  const [facts, traffic, rules] = await Promise.all([query(FACTS), query(TRAFFIC), ask("Prometheus", "/prometheus/api/v1/alerts")]);
  // Prometheus' own clock decides what "now" is: the reader's may be wrong.
  const at = facts[0]?.at ?? Date.now() / 1000;
  const end = Math.floor(at / STEP) * STEP;
  const history = end === last.history.end ? last.history : await askHistory(end);
  return { at, history, rules, picture: picture({ facts, live: traffic, history: history.tracks }) };
}

async function look() {
  const asked = Date.now() / 1000;
  const [prometheus, manager] = await Promise.allSettled([askPrometheus(), ask("Alertmanager", "/alertmanager/api/v2/alerts")]);
  if (prometheus.status === "fulfilled") last = { ...last, ...prometheus.value, asked };
  // Alerts of an Alertmanager that is gone are not repeated: what Prometheus says is newer.
  last = { ...last, manager: manager.status === "fulfilled" ? manager.value : null };
  const fresh = prometheus.status === "fulfilled";
  const failures = [prometheus, manager].flatMap(({ reason }) => (reason ? [reason.message] : []));
  const blind = fresh ? blindSpots(last.picture.targets) : [];
  render([...new Set([...failures, ...blind])], fresh, manager.status === "fulfilled");
}

function render(failures, fresh, hasManager) {
  const now = Date.now() / 1000;
  const age = formatAge(now - (last.asked ?? started));
  const stale = last.asked === undefined ? `No picture has come for ${age}.` : `What is below is ${age} old.`;
  // The age is not part of what is announced: it changes every two seconds.
  show(problems, failures, (all) =>
    all.map((text) => make("p", { className: "notice bad" }, text, make("span", { className: "age", ariaHidden: "true" }))),
  );
  for (const element of problems.querySelectorAll(".age")) say(element, fresh ? "" : ` ${stale}`);
  document.body.classList.toggle("stale", !fresh);
  say(live, fresh ? `Live, ${new Date(now * 1000).toLocaleTimeString()}` : last.picture ? `Not live, ${age} old` : "Not live");
  if (last.picture) renderPicture(fresh, hasManager, now);
  else say(words, "Nothing is known yet.");
}

function renderPicture(fresh, hasManager, now) {
  const { services } = last.picture;
  const { alerts, heartbeat, estate } = alertsOf(last.rules, last.manager);
  const sentence = verdict(services, alerts);
  say(words, fresh ? sentence.words : `Unknown now. Last seen: ${sentence.words}`);
  words.parentElement.dataset.level = fresh ? sentence.level : "unknown";
  if (estate) say(find("estate"), estate);
  document.title = `${sentence.level === "good" || !fresh ? "" : "● "}Status${estate ? ` · ${estate}` : ""}`;

  find("alerts").hidden = alerts.length === 0;
  show(find("alert-list"), alerts, (all) => all.map(alertRow));
  for (const time of find("alert-list").querySelectorAll("time"))
    say(time, formatAge(last.at + (now - last.asked) - Number(time.dataset.since)));

  for (const [name, card] of cards) {
    if (services.some((service) => service.name === name)) continue;
    card.root.remove();
    cards.delete(name);
  }
  for (const service of services) {
    if (!cards.has(service.name)) cards.set(service.name, createService(service.name));
    cards.get(service.name).update(service, { from: last.at - SPAN, to: last.at, live: fresh });
  }
  const order = services.map(({ name }) => cards.get(name).root);
  if (order.some((root, index) => find("services").children[index] !== root)) find("services").replaceChildren(...order);
  find("empty").hidden = services.length > 0;
  show(find("monitoring"), monitoring(hasManager, heartbeat), (all) => all.map((line) => make("li", {}, line)));
}

function alertRow({ name, state, severity, priority, where, summary, since, runbook }) {
  const time = make("time", { dateTime: new Date(since * 1000).toISOString(), title: new Date(since * 1000).toLocaleString() });
  time.dataset.since = since;
  const row = make(
    "li",
    {},
    make(
      "span",
      { className: "severity" },
      make("span", { className: "mark", ariaHidden: "true" }),
      priority ? `${severity} ${priority}` : severity,
    ),
    make("div", { className: "what" }, make("strong", {}, name), where ? ` ${where}` : "", summary ? make("p", {}, summary) : ""),
    make("span", { className: "since soft" }, `${state} for `, time),
    ...(runbook ? [make("a", { href: runbook, rel: "noreferrer", ariaLabel: `Runbook of ${name}` }, "Runbook")] : []),
  );
  row.dataset.level = state === "firing" ? severity : state;
  return row;
}

function monitoring(hasManager, heartbeat) {
  const { targets, deployment } = last.picture;
  const when = (seconds) => new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const outcome = deployment && (deployment.ok === null ? "runs since" : deployment.ok ? "succeeded" : "failed");
  return [
    targets.down.length === 0
      ? `${targets.total} of ${targets.total} targets answer.`
      : `${targets.down.length} of ${targets.total} targets do not answer: ${targets.down.join(", ")}.`,
    hasManager
      ? `Alertmanager answers${heartbeat ? ", and the dead-man's switch has reached it" : ""}.`
      : "Alertmanager does not answer: alerts may not reach anybody.",
    ...(deployment
      ? [`Last deployment ${outcome} ${when(deployment.at)}${deployment.seconds ? `, took ${formatAge(deployment.seconds)}` : ""}.`]
      : []),
  ];
}

async function run() {
  // One look at a time: a page that comes back to the front may find one under way.
  if (looking) return;
  looking = true;
  clearTimeout(timer);
  await look().catch((error) => render([`This page has a fault: ${error.message}`], false, false));
  looking = false;
  if (paused) say(live, `Paused, ${new Date().toLocaleTimeString()}`);
  else if (!document.hidden) timer = setTimeout(run, EVERY);
}

pause.addEventListener("click", () => {
  paused = !paused;
  say(pause, paused ? "Resume" : "Pause");
  if (paused) {
    clearTimeout(timer);
    say(live, `Paused, ${new Date().toLocaleTimeString()}`);
  } else void run();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !paused) void run();
});
void run();
