import { Command, InvalidArgumentError } from "commander";
import { DEFAULT_GUARD } from "../rollout/analysis/sprt.ts";
import { bursts, drift, flat, requestsToDecide, type Shares, shared, steps, type Traffic, watch } from "../test/support/rollout/guard.ts";
import { Random } from "../test/support/rollout/random.ts";
import { roll, SMALL_STEPS, STEPS, type Step, type StepShares } from "../test/support/rollout/steps.ts";

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("a whole number above 0 is wanted");
  return value;
};

const { runs, seed } = new Command("node bench/judge.ts")
  .description(
    "How good the judges of a rollout are, by simulation: false aborts, misses and requests to decide. No network, no containers.",
  )
  .option("--runs <number>", "rollouts per case; 10000 for numbers to quote", count, 10_000)
  .option("--seed <number>", "the same seed gives the same numbers", count, 1)
  .parse()
  .opts<{ runs: number; seed: number }>();

const SECONDS = 300;
const RATE = 50;

/** Every case has random numbers of its own: one more case changes no other. */
let cases = 0;
const repeat = <T>(times: number, run: (random: Random) => T): T[] => {
  const random = new Random(seed * 1000 + cases++);
  return Array.from({ length: times }, () => run(random));
};
const rate = (hits: number, of: number): string => `${hits} of ${of} (${Number(((100 * hits) / of).toPrecision(3))} %)`;
const print = (name: string, text: string): void => console.log(`  ${name.padEnd(57)} ${text}`);

console.log(`Guard: rollouts aborted although both slots are alike; ${SECONDS} s at ${RATE} requests/s, alpha ${DEFAULT_GUARD.alpha}`);
const alike: readonly (readonly [name: string, shares: Shares, weight: Traffic["weight"]])[] = [
  ["no errors; 10, 50, 100 %", flat(0), steps(SECONDS)],
  ["0.1 %; 10, 50, 100 %", flat(0.001), steps(SECONDS)],
  ["1 %; 10, 50, 100 %", flat(0.01), steps(SECONDS)],
  ["3 %: six times the floor; 10, 50 %", flat(0.03), shared(SECONDS)],
  ["0.1 % and bursts of 30 % on both slots; 10, 50 %", bursts(0.001), shared(SECONDS)],
  ["drift from 0.1 % to 8 % and back, twice; 10, 50 %", drift(0.001, 0.08, SECONDS), shared(SECONDS)],
];
for (const [name, shares, weight] of alike) {
  const found = repeat(runs, (random) => watch(random, shares, { rate: RATE, weight, seconds: SECONDS }));
  print(name, rate(found.filter(({ second }) => second !== undefined).length, runs));
}

// Not within the bound: nobody can tell a shared burst from a bad release when one slot alone has clients.
const alone = repeat(Math.max(20, Math.floor(runs / 10)), (random) =>
  watch(random, bursts(0.001), { rate: RATE, weight: steps(SECONDS), seconds: SECONDS }),
);
print(
  "no promise: bursts of 30 % while 100 % are on the canary",
  rate(alone.filter(({ second }) => second !== undefined).length, alone.length),
);

console.log("\nGuard: a canary that turns bad; seconds and its requests until the decision (p50, p95), other slot at 0.1 %");
const few = Math.max(20, Math.floor(runs / 10));
for (const [name, bad, weight, perSecond] of [
  ["all fail from the start, 10 %", 1, 0.1, 50],
  ["20 % fail from the start, 10 %", 0.2, 0.1, 50],
  ["20 % fail from the start, 50 %", 0.2, 0.5, 50],
  ["all fail from the start, 10 % of 2 requests/s", 1, 0.1, 2],
] as const) {
  const found = repeat(few, (random) => watch(random, () => [bad, 0.001], { rate: perSecond, weight: () => weight, seconds: 600 }));
  print(
    name,
    `${times(found.map(({ second }) => (second === undefined ? undefined : second + 1)))} s, ${times(found.map(({ requests }) => requests))} requests`,
  );
}
for (const [name, bad, weight] of [
  ["all fail after 2 minutes of good answers, 10 %", 1, 0.1],
  ["20 % fail after 2 minutes of good answers, 10 %", 0.2, 0.1],
] as const) {
  const found = repeat(few, (random) =>
    watch(random, (now) => [now < 120 ? 0.001 : bad, 0.001], { rate: 50, weight: () => weight, seconds: 600 }),
  );
  print(name, `${times(found.map(({ second }) => (second === undefined ? undefined : second - 119)))} s`);
}

console.log("\nGuard: the canary's requests until the decision (p50, p95), by points of errors above the other slot's");
for (const points of [1, 2, 5, 10, 20, 50, 100]) {
  const texts = [0, 0.01].map((base) => {
    const found = repeat(Math.min(few, 200), (random) => requestsToDecide(random, Math.min(1, base + points / 100), base, 9, 20_000));
    return `${times(found)} on ${base * 100} %`;
  });
  print(`+${points}`, texts.join("; "));
}

console.log(
  "\nAnalysis: rollouts that FAIL although both slots are alike; steps 10, 50, 100 % with 500, 2500, 5000 requests, up to 4 looks each",
);
const flatStep =
  (base: number, points = 0): StepShares =>
  () => [base + points, base];
const both = (share: number) => [share, share] as const;
const same: readonly (readonly [name: string, shares: StepShares, past: number, steps: readonly Step[]])[] = [
  ["no errors", flatStep(0), 0, STEPS],
  ["0.1 %", flatStep(0.001), 0.001, STEPS],
  ["1 %: as much as the limit", flatStep(0.01), 0.01, STEPS],
  ["1 %, 500 requests on either slot, one step", flatStep(0.01), 0.01, SMALL_STEPS],
  ["0.1 %, and a burst of 5 % on both at every other look", (_, look) => both(look % 2 ? 0.001 : 0.05), 0.001, STEPS.slice(0, 2)],
  [
    "drift: 0.1 % when history was made, then 0.5 to 2 %",
    (step, look) => both(0.005 + 0.0025 * (step * 2 + look)),
    0.001,
    STEPS.slice(0, 2),
  ],
];
for (const [name, shares, past, sizes] of same) {
  const found = repeat(runs, (random) => roll(random, shares, sizes, past));
  const of = (verdict: string): number => found.filter((rollout) => rollout.verdict === verdict).length;
  print(name, `${rate(of("FAIL"), runs)}; held to the end ${rate(of("INCONCLUSIVE"), runs)}`);
}

console.log("\nAnalysis: a canary at +5 points with 500 requests: caught (FAIL), held, and let through at the first step");
for (const [name, base, sizes] of [
  ["no errors on the other slot, 4500 requests", 0, STEPS],
  ["0.1 %, 4500 requests", 0.001, STEPS],
  ["1 %, 4500 requests", 0.01, STEPS],
  ["1 %, 500 requests on the other slot", 0.01, SMALL_STEPS],
] as const) {
  const found = repeat(runs, (random) => roll(random, flatStep(base, 0.05), sizes, base));
  const first = found.filter(({ verdict, step, holds }) => verdict === "FAIL" && step === 0 && holds === 0).length;
  const passed = found.filter(({ verdict }) => verdict === "PASS").length;
  print(
    name,
    `at the first look ${rate(first, runs)}; in the end ${rate(found.filter(({ verdict }) => verdict === "FAIL").length, runs)}; promoted ${passed}`,
  );
}

/** p50 and p95; what never decides counts as longest. */
function times(values: readonly (number | undefined)[]): string {
  const sorted = values.map((value) => value ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
  return [0.5, 0.95]
    .map((part) => sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN)
    .map((value) => (value === Number.POSITIVE_INFINITY ? "never" : String(value)))
    .join(" / ");
}
