import { z } from "zod";
import { slotsWithClients } from "../components/edge/share.ts";
import type { Estate } from "./estate.ts";
import { isGiven, isKnown } from "./facts.ts";
import { stackRule } from "./rule.ts";

const SHARES = "sluice:edge:TrafficShare";
const ROUTING = "sluice:edge:Routing";

/** Splits of which everything is known. */
function splits(estate: Estate) {
  return estate
    .all(SHARES)
    .flatMap(({ urn, props: { service, active, canaryWeight: weight, frozen } }) =>
      isGiven(service) && isGiven(active) && isGiven(weight) ? [{ urn, service, active, weight, frozen }] : [],
    );
}

export const hasAllowedWeight = stackRule({
  name: "weight-is-an-allowed-step",
  needs: SHARES,
  description:
    "Canary weights move by the team's steps: a weight that nobody has thought about is a typing mistake until somebody says otherwise.",
  remediation: "Choose one of the steps, or add yours to the levels file.",
  config: z.strictObject({ steps: z.array(z.int().min(0).max(100)).default([0, 1, 5, 10, 25, 50, 100]) }),
  checkStack: (estate, { steps }) =>
    splits(estate).flatMap(({ urn, service, weight }) =>
      steps.includes(weight) ? [] : [{ urn, message: `the weight of ${service} is ${weight}; the steps are ${steps.join(", ")}` }],
    ),
});

export const hasItsCanary = stackRule({
  name: "weight-has-its-slot",
  needs: SHARES,
  description: "Clients go only to slots that are declared: a weight for a slot without containers is lost requests.",
  remediation: "Declare the slot, or set the weight to 0.",
  checkStack: (estate) => {
    const slots = estate.all("sluice:service:Slot");
    return splits(estate).flatMap(({ urn, service, active, weight }) =>
      slotsWithClients(active, weight)
        .filter((wanted) => !slots.some(({ props }) => props.service === service && props.slot === wanted && props.replicas !== 0))
        .map((slot) => ({
          urn,
          message: `${service} sends ${slot === active ? 100 - weight : weight} % of clients to ${slot}, which is not declared`,
        })),
    );
  },
});

export const frozenIsNotRaised = stackRule({
  name: "frozen-slot-gets-nobody",
  needs: SHARES,
  description: "A slot that a rollback has frozen gets no clients until somebody has acknowledged the decision.",
  remediation: "Find the cause, then: npm run rollout -- acknowledge <decision>.",
  checkStack: (estate) =>
    splits(estate).flatMap(({ urn, service, active, weight, frozen }) => {
      if (!isGiven(frozen) || !isGiven(frozen.slot) || !slotsWithClients(active, weight).includes(frozen.slot)) return [];
      const share = frozen.slot === active ? 100 - weight : weight;
      const held = isGiven(frozen.decision) ? frozen.decision : "a decision";
      return [{ urn, message: `${service} gives ${frozen.slot} ${share} % of clients; ${held} holds it at 0` }];
    }),
});

export const noHeaderOverride = stackRule({
  name: "edge-has-no-header-override",
  needs: ROUTING,
  description:
    "No client chooses its slot by a header where real people are: anybody could send themselves to a release that is being taken back.",
  remediation: "Set `sluice:edge.headerOverride` to false.",
  checkStack: (estate) =>
    estate
      .all(ROUTING)
      .flatMap(({ urn, props }) => (props.headerOverride === true ? [{ urn, message: "the header X-Sluice-Slot chooses the slot" }] : [])),
});

export const hasTls = stackRule({
  name: "edge-has-tls",
  needs: "sluice:edge:Edge",
  description: "The edge speaks TLS: what clients send is theirs.",
  remediation: "Set `sluice:edge.tls` with `certificate` and `key`.",
  checkStack: (estate) =>
    estate
      .all("sluice:edge:Edge")
      .flatMap(({ urn, props }) => (props.tls === false ? [{ urn, message: "it speaks plain HTTP only" }] : [])),
});

const LIMITS = ["connectTimeoutSeconds", "responseTimeoutSeconds", "clientTimeoutSeconds", "bodyLimitMb"] as const;

export const hasTimeLimits = stackRule({
  name: "edge-has-limits",
  needs: ROUTING,
  description:
    "The edge bounds how long it waits for services and clients, and how much they send: a few slow ones must not hold all of its connections.",
  remediation: "Lower the limits of `sluice:edge`, or raise the bounds in the levels file.",
  config: z.strictObject({
    connectTimeoutSeconds: z.int().default(10),
    responseTimeoutSeconds: z.int().default(300),
    clientTimeoutSeconds: z.int().default(300),
    bodyLimitMb: z.int().default(1024),
  }),
  checkStack: (estate, bounds) =>
    estate.all(ROUTING).flatMap(({ urn, props }) =>
      limitsOf(props).flatMap(({ key, value }) => {
        if (!isKnown(value) || (typeof value === "number" && value > 0 && value <= bounds[key])) return [];
        return [{ urn, message: `${key} is ${String(value ?? "not set")}; at most ${bounds[key]}` }];
      }),
    ),
});

const limitsOf = (props: { readonly [K in (typeof LIMITS)[number]]?: unknown }) => LIMITS.map((key) => ({ key, value: props[key] }));
