import { z } from "zod";
import { field, limits, seconds, text, whole } from "./field.ts";
import { build, image } from "./image-reference.ts";

const PATH = /^\/[A-Za-z0-9._~/-]*(?:\?[A-Za-z0-9._~&=%-]*)?$/;

/** A share or a chance: 0 and 1 themselves would decide everything beforehand. */
const share = (means: string, min: number, max: number, example: number) =>
  field(z.number().min(min).max(max), { means, allowed: `a number from ${min} to ${max}`, example });

const hooks = (when: string) =>
  field(
    z.array(
      field(z.string().min(1).max(2000), {
        means: "One command, or an address.",
        allowed: "a shell command, or an http(s) address that gets a POST",
        example: "npm run migrate -- --dry-run",
      }),
    ),
    { means: `What runs ${when}, in order.`, allowed: "a list of commands and addresses", example: ["npm run migrate -- --dry-run"] },
  ).default([]);

/** How long a step gathers evidence: shorter windows see too few requests, longer ones hold up good releases. */
const WINDOW = "Seconds that each step of a rollout gathers evidence before it is judged; the guard keeps an hour.";

export const rollout = field(
  z.strictObject({
    guard: field(
      z.strictObject({
        image: image("`build` is used").optional(),
        build: build("`images/guard`, unless `image` is set").optional(),
        ...limits({ memoryMb: 128, cpus: 0.25, drainSeconds: 5 }),
      }),
      {
        means: "The guard: it watches a canary every moment and takes it back by itself. Without `image`, built from `images/guard`.",
        allowed: "a map",
        example: { build: "images/guard" },
        jsonSchema: { not: { required: ["image", "build"] } },
      },
    ).prefault({}),
    alpha: share("Chance that the guard takes a good release back, per rollout.", 1e-9, 0.1, 0.0001).default(0.0001),
    beta: share("Chance that a release with the smallest share of bad responses that matters is called cleared.", 1e-9, 0.5, 0.01).default(
      0.01,
    ),
    floor: share("Share of bad responses that the guard always allows.", 0.0001, 0.5, 0.005).default(0.005),
    windowSeconds: seconds(1, 3600, WINDOW, 60).default(60),
    watchSeconds: seconds(
      0,
      3600,
      "Seconds that a promoted release is watched on: an error share above `errorLimit` flips back to the old slot. 0: not at all.",
      600,
    ).default(600),
    warmUpSeconds: seconds(
      0,
      600,
      "Seconds at the beginning of a window that are not judged, at most half of it: a program that has just got clients is still cold. The guard watches them all the same.",
      10,
    ).default(10),
    extensions: whole(0, 100, "", "Further windows that a step gets when its evidence proves nothing.", 3).default(3),
    giveUp: field(z.enum(["rollback", "pause"]), {
      means: "What happens when those are used up.",
      allowed: "rollback or pause",
      example: "pause",
    }).default("rollback"),
    errorLimit: share("Highest accepted share of failed requests in a window.", 0.0001, 1, 0.01).default(0.01),
    p99Seconds: field(z.number().min(0.001).max(600), {
      means: "Seconds that the slowest hundredth of a window's requests may take.",
      allowed: "a number of seconds from 0.001 to 600",
      example: 2,
    }).default(2),
    authFailureLimit: share("Highest accepted share of failed requests to the workflow `auth`.", 0.0001, 1, 0.05).default(0.05),
    minimumRequests: whole(1, 1_000_000, "", "Requests of the canary in a window below which nothing is proven.", 50).default(50),
    hooks: field(
      z.strictObject({
        before: hooks("before anything is changed; one that fails ends the rollout"),
        after: hooks("after the promotion"),
        onRollback: hooks("after clients were given back"),
      }),
      { means: "What else has to happen with a rollout.", allowed: "a map", example: { before: ["npm run backup"] } },
    ).prefault({}),
  }),
  {
    means:
      "Rollouts with analysis, and the guard that takes a bad canary back. They go by what monitoring measures: `sluice:monitoring` is needed.",
    allowed: "a map",
    example: { windowSeconds: 60 },
    whenAbsent: "weights are moved by hand, and nobody watches the canary",
  },
);

const smoke = field(
  z.strictObject({
    path: text(PATH, {
      means: "Path that is asked.",
      allowed: "a path that starts with /",
      example: "/version",
      whenAbsent: "the health path",
    }).optional(),
    expect: whole(100, 599, "", "Status that the answer must have.", 200).default(200),
    contains: field(z.string().min(1).max(1000), {
      means: "Text that must be in the answer.",
      allowed: "1 to 1000 characters",
      example: '"status":"ok"',
      whenAbsent: "the text does not matter",
    }).optional(),
    timeoutSeconds: seconds(1, 30, "Seconds one try may take.", 5).default(5),
  }),
  { means: "One question to the new release before it gets clients.", allowed: "a map", example: { path: "/version" } },
);

/** How one service is rolled out. */
export const serviceRollout = field(
  z.strictObject({
    steps: field(
      z
        .array(whole(1, 100, "", "Percent of clients.", 10))
        .min(1)
        .max(20),
      {
        means: "Percent of clients that the canary gets, step by step.",
        allowed: "a list of rising whole numbers from 1 to 100",
        example: [10, 50, 100],
      },
    ).default([10, 50, 100]),
    slowSeconds: field(z.number().min(0.01).max(600), {
      means: "A response that takes longer counts as bad for the guard, seconds.",
      allowed: "a number of seconds from 0.01 to 600",
      example: 0.8,
    }).default(2),
    probes: field(z.array(text(PATH, { means: "A path.", allowed: "a path that starts with /", example: "/version" })).max(5), {
      means:
        "Paths that the guard asks every container of both slots for, four times a second in turn, while a canary has clients. A bad release is found sooner where they fail as its clients' requests do, and with hardly any clients by them alone: name what clients need and nothing that writes.",
      allowed: "a list of up to 5 paths inside the container",
      example: ["/version"],
      whenAbsent: "the health path",
    }).optional(),
    smoke: field(z.array(smoke).max(20), {
      means:
        "Questions to the new release before it gets clients; each is tried three times, all within 30 s. In a cluster they go through its API server, which must reach the pods.",
      allowed: "a list of up to 20",
      example: [{ path: "/version", expect: 200 }],
      whenAbsent: "the health path must answer 200; in a cluster, the pods are ready",
    }).optional(),
    windowSeconds: seconds(1, 3600, WINDOW, 60).optional(),
  }),
  { means: "How the service is rolled out.", allowed: "a map", example: { steps: [10, 50, 100] } },
);

/** A service whose release was taken back. */
export const frozen = field(
  z.strictObject({
    decision: field(z.string().min(1).max(200), {
      means: "The decision that has to be acknowledged.",
      allowed: "its id, as `npm run rollout -- status` shows it",
      example: "guard-api-20261121093000123",
    }).optional(),
    release: field(z.string().min(1).max(64), {
      means: "Release that was taken back.",
      allowed: "its name",
      example: "v2",
    }).optional(),
    slot: field(z.enum(["blue", "green"]), { means: "Slot it is in.", allowed: "blue or green", example: "green" }).optional(),
  }),
  {
    means: "Written by `npm run rollout` when a release was taken back: its slot gets no clients until somebody acknowledges the decision.",
    allowed: "a map with `decision`, `release` and `slot`",
    example: { decision: "guard-api-20261121093000123", release: "v2", slot: "green" },
    whenAbsent: "the service is not frozen",
    jsonSchema: { required: ["decision", "release", "slot"] },
  },
);
