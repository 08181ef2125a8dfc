import { NOBODY, ON_CALL, WATCHDOG } from "../../components/monitoring/alerting/types.ts";
import { RECEIVER_NAME, type WrittenAlerting } from "../alerting.ts";
import type { WrittenReceiver } from "../alerting-receiver.ts";
import { type Path, shown } from "../problems.ts";
import type { Finding } from "../rules.ts";
import { allowedSecrets } from "./secret-names.ts";

const AT: Path = ["monitoring", "alerting"];
const RESERVED = [ON_CALL, NOBODY, WATCHDOG];

/** Everything between two settings of alerting that does not fit. @param secrets the names in `sluice:secrets` */
export function alertingFindings(alerting: WrittenAlerting, secrets: readonly string[]): Finding[] {
  return [
    ...Object.entries(alerting.receivers).flatMap(([name, receiver]) => receiverFindings(name, receiver, secrets)),
    ...listed(alerting),
    ...rotated(alerting),
    ...escalated(alerting),
    ...quiet(alerting),
  ];
}

const missing = (at: Path, allowed: string, fix: string): Finding => ({ at, received: "nothing", allowed, fix });

function receiverFindings(name: string, receiver: WrittenReceiver, secrets: readonly string[]): Finding[] {
  const at = [...AT, "receivers", name];
  const { slack, pagerduty, email, discord, webhook } = receiver;
  const found: Finding[] = [];
  if (RESERVED.includes(name)) {
    found.push({ at, received: JSON.stringify(name), allowed: `any name but ${RESERVED.join(", ")}`, fix: "choose another name" });
  } else if (!RECEIVER_NAME.test(name)) {
    const allowed = "1 to 31 lower-case letters, digits, `-`, starting with a letter";
    found.push({ at, received: JSON.stringify(name.slice(0, 40)), allowed, fix: "for example team" });
  }
  const ways = ["slack", "pagerduty", "email", "discord", "webhook"];
  if (ways.every((way) => receiver[way as keyof WrittenReceiver] === undefined)) {
    const reads = ways.map((way) => [...at, way]);
    found.push({
      at,
      reads,
      received: "no way to reach it",
      allowed: `at least one of ${ways.join(", ")}`,
      fix: "add one, or remove the receiver",
    });
  }
  const secretAt = (way: string, key: string, value: string | undefined, need: "required" | "optional") =>
    found.push(...secretFindings([...at, way, key], value, need, secrets));
  if (slack) secretAt("slack", "webhookSecret", slack.webhookSecret, "required");
  if (pagerduty) secretAt("pagerduty", "routingKeySecret", pagerduty.routingKeySecret, "required");
  if (discord) secretAt("discord", "webhookSecret", discord.webhookSecret, "required");
  if (webhook) {
    found.push(...oneAddress([...at, "webhook"], webhook));
    secretAt("webhook", "urlSecret", webhook.urlSecret, "optional");
    secretAt("webhook", "tokenSecret", webhook.tokenSecret, "optional");
  }
  if (email) {
    found.push(...mailFindings([...at, "email"], email));
    secretAt("email", "passwordSecret", email.passwordSecret, "optional");
  }
  return found;
}

/** The name itself is not shown: what is no name of a secret may be the secret. */
function secretFindings(at: Path, name: string | undefined, need: "required" | "optional", secrets: readonly string[]): Finding[] {
  const allowed = allowedSecrets(secrets);
  if (name === undefined) return need === "required" ? [missing(at, allowed, "add the name of the secret that holds it")] : [];
  if (secrets.includes(name)) return [];
  const fix = "set the secret under this name: npm run pulumi -- config set --secret --path 'sluice:secrets.<name>'";
  return [{ at, reads: [["secrets"], ["secrets", name]], received: "a name that is not there", allowed, fix }];
}

function oneAddress(at: Path, { url, urlSecret }: NonNullable<WrittenReceiver["webhook"]>): Finding[] {
  if ((url === undefined) !== (urlSecret === undefined)) return [];
  const received = url === undefined ? "neither `url` nor `urlSecret`" : "both `url` and `urlSecret`";
  const fix = url === undefined ? "add one of the two" : "remove `url`, if anything in the address is secret; else `urlSecret`";
  return [
    {
      at,
      reads: [
        [...at, "url"],
        [...at, "urlSecret"],
      ],
      received,
      allowed: "one of `url`, `urlSecret`",
      fix,
    },
  ];
}

function mailFindings(at: Path, { to, from, smarthost, user, passwordSecret, tls }: NonNullable<WrittenReceiver["email"]>): Finding[] {
  const found: Finding[] = [];
  if (to.length === 0)
    found.push({ ...missing([...at, "to"], "at least one e-mail address", "say who gets it"), reads: [[...at, "to", 0]] });
  if (from === undefined) found.push(missing([...at, "from"], "an e-mail address", "say who sends it, for example alerts@example.com"));
  if (smarthost === undefined)
    found.push(missing([...at, "smarthost"], "host:port", "name the mail server, for example mail.example.com:587"));
  if ((user === undefined) !== (passwordSecret === undefined)) {
    const [lacks, has] = user === undefined ? ["user", "passwordSecret"] : ["passwordSecret", "user"];
    found.push({
      ...missing([...at, lacks], "`user` and `passwordSecret` together", `add it, or remove \`${has}\``),
      reads: [[...at, has]],
    });
  }
  if (!tls && user !== undefined) {
    const fix = "remove `tls: false`; or, where the mail server wants no login, remove `user` and `passwordSecret`";
    found.push({
      at: [...at, "tls"],
      reads: [[...at, "user"]],
      received: "false",
      allowed: "true where there is a login: without TLS its password can be read on the way",
      fix,
    });
  }
  return found;
}

/** Every list of receivers, and what may stand in it. */
function listed(alerting: WrittenAlerting): Finding[] {
  const { receivers, routes, watchdog, onCall, escalation } = alerting;
  const known = Object.keys(receivers);
  const found: Finding[] = [];
  const look = (at: Path, list: readonly string[], duty: "on call too" | "by name", repeats: boolean) => {
    list.forEach((name, index) => {
      const here = [...at, index];
      found.push(...unknown(here, name, known, duty === "on call too", onCall !== undefined));
      if (!repeats && list.indexOf(name) < index) {
        found.push({ at: here, received: JSON.stringify(name), allowed: "each receiver once", fix: "remove it here" });
      }
    });
  };
  const empty = (at: Path, list: readonly string[], otherwise: string) => {
    if (list.length > 0) return;
    found.push({ at, reads: [[...at, 0]], received: "an empty list", allowed: "at least one receiver", fix: otherwise });
  };
  look([...AT, "default"], alerting.default, "on call too", false);
  if (known.length > 0) empty([...AT, "default"], alerting.default, `name a receiver of whatever no route names, for example ${known[0]}`);
  for (const [priority, list] of Object.entries(routes)) {
    const at = [...AT, "routes", priority];
    look(at, list ?? [], "on call too", false);
    if (list) empty(at, list, `name a receiver, or remove ${priority}: then \`default\` is told`);
  }
  if (onCall) look([...AT, "onCall", "rotation"], onCall.rotation, "by name", true);
  escalation?.steps.forEach(({ to }, index) => {
    const at = [...AT, "escalation", "steps", index, "to"];
    look(at, to, "on call too", false);
    empty(at, to, "name a receiver, or remove the step");
  });
  if (!watchdog) return found;
  const at = [...AT, "watchdog", "receiver"];
  if (watchdog.receiver === undefined)
    found.push(missing(at, "a name from `receivers`", "name the receiver that notices when messages stop"));
  else found.push(...unknown(at, watchdog.receiver, known, false, false));
  return found;
}

function unknown(at: Path, name: string, known: readonly string[], onCallFits: boolean, onCallIs: boolean): Finding[] {
  if (known.includes(name) || (name === ON_CALL && onCallFits && onCallIs)) return [];
  const names = [...known, ...(onCallFits && onCallIs ? [ON_CALL] : [])];
  return [
    {
      at,
      reads: [
        [...AT, "receivers", name],
        [...AT, "onCall"],
      ],
      received: shown(name, at),
      allowed: names.length > 0 ? `a receiver: ${names.join(", ")}` : "a receiver; there is none",
      fix:
        name === ON_CALL && onCallFits
          ? "say with `onCall` who is on call, or take it off the list"
          : "declare it under `receivers`, or name another one",
    },
  ];
}

function rotated({ onCall, routes, escalation, ...alerting }: WrittenAlerting): Finding[] {
  if (!onCall) return [];
  const at = [...AT, "onCall"];
  const found: Finding[] = [];
  if (onCall.rotation.length === 0) {
    const reads = [[...at, "rotation", 0]];
    found.push({ ...missing([...at, "rotation"], "at least one receiver", "name who takes turns, or remove `onCall`"), reads });
  }
  if (onCall.start === undefined) found.push(missing([...at, "start"], "a date, YYYY-MM-DD", "add the first day of the first shift"));
  const lists = [alerting.default, ...Object.values(routes), ...(escalation?.steps ?? []).map(({ to }) => to)];
  if (lists.every((list) => !list?.includes(ON_CALL))) {
    const fix = "write `on-call` into a route, for example `P0: [on-call]`, or remove `onCall`";
    found.push({
      at,
      reads: [
        [...AT, "default"],
        [...AT, "routes"],
        [...AT, "escalation"],
      ],
      received: "shifts that no list asks for",
      allowed: "`on-call` in `default`, in a route or in a step",
      fix,
    });
  }
  return found;
}

function escalated({ escalation }: WrittenAlerting): Finding[] {
  if (!escalation) return [];
  const at = [...AT, "escalation"];
  const found = urgency([...at, "priorities"], escalation.priorities, ["P0", "P1"], "has hours or days to be answered");
  if (escalation.steps.length === 0) {
    const fix = "add a step, for example `{ afterMinutes: 15, to: [platform-lead] }`, or remove `escalation`";
    found.push({ ...missing([...at, "steps"], "at least one step", fix), reads: [[...at, "steps", 0]] });
  }
  let before = 0;
  for (const [index, { afterMinutes }] of escalation.steps.entries()) {
    const here = [...at, "steps", index, "afterMinutes"];
    if (afterMinutes === undefined)
      found.push(missing(here, "a whole number of minutes from 1 to 10080", "say how long an alert has fired by then"));
    else if (afterMinutes <= before) {
      const reads = [[...at, "steps", index - 1, "afterMinutes"]];
      found.push({
        at: here,
        reads,
        received: String(afterMinutes),
        allowed: `more than the step before it has (${before})`,
        fix: "put the steps in the order of their delays",
      });
    }
    before = Math.max(before, afterMinutes ?? 0);
  }
  return found;
}

function quiet({ quietHours }: WrittenAlerting): Finding[] {
  if (!quietHours) return [];
  const at = [...AT, "quietHours"];
  const found = urgency([...at, "priorities"], quietHours.priorities, ["P2", "P3"], "cannot wait");
  if (quietHours.start === quietHours.end) {
    const fix = "set another end; for whole days, name them in `wholeDays`";
    found.push({ at: [...at, "end"], reads: [[...at, "start"]], received: quietHours.end, allowed: "another time than `start`", fix });
  }
  return found;
}

function urgency(at: Path, priorities: readonly string[], fit: readonly string[], why: string): Finding[] {
  const wrong = priorities.flatMap((priority, index): Finding[] =>
    fit.includes(priority)
      ? []
      : [{ at: [...at, index], received: priority, allowed: fit.join(" or "), fix: `remove it: ${priority} ${why}` }],
  );
  if (priorities.length > 0) return wrong;
  return [
    {
      at,
      reads: [[...at, 0]],
      received: "an empty list",
      allowed: `a list of ${fit.join(", ")}`,
      fix: "name a priority, or remove the whole block",
    },
  ];
}
