import type { Manifest } from "../images/manifest.ts";
import { ENDINGS, type Ending, type Result, resultOf, type ServiceOutcome, type Shipped } from "./outcome.ts";
import { type Pinned, pin } from "./pin.ts";

/** Everything that a deploy does to the world. */
export interface Ports {
  now(): Date;
  say(line: string): void;
  /** The stack's file, with what earlier deploys wrote down. @throws Problem when the two cannot be merged */
  begin(): Promise<string>;
  /** Put the file there and make it a commit: evidence is about commits. */
  write(text: string, words: string): Promise<void>;
  /** `npm run <script> -- …`. @returns its exit code */
  npm(script: string, args: readonly string[]): Promise<number>;
  /** Write down what the stack runs now, whatever came of it. @throws Problem when that does not work */
  record(words: string): Promise<void>;
}

export interface Order {
  readonly stack: string;
  readonly commit: string;
  /** ms since 1970; absent where git does not know it. */
  readonly commitAt?: number | undefined;
  /** Absent: whatever the stack file has, or what the stack's host builds. */
  readonly manifest?: Manifest | undefined;
  /** Whether the stack asks for evidence. */
  readonly evidence: boolean;
}

/** A step that ended the deploy, in words. */
class Stopped extends Error {
  readonly result: Result;

  constructor(result: Result, words: string) {
    super(words);
    this.result = result;
  }
}

/**
 * Deploy a commit to a stack: its images into the stack file, evidence, `up`, then a rollout of each service whose image is another one.
 * The first rollout that is not promoted is the last: the others keep what they have.
 */
export async function ship(order: Order, ports: Ports): Promise<Shipped> {
  const started = ports.now();
  const services: ServiceOutcome[] = [];
  let pinned: Pinned | undefined;
  let result: Result = "shipped";
  let why: string | undefined;
  try {
    const before = await ports.begin();
    pinned = pinnedOf(before, order);
    if (pinned.changes.length > 0) await ports.write(pinned.text, `deploy(${order.stack}): images of ${order.commit.slice(0, 12)}`);
    await gather(order, pinned, before, ports);
    await deploy(order, pinned, ports, services);
    result = resultOf(services);
    if (result !== "shipped") why = services.map(({ service, ending }) => `${service} is ${ending}`).join("; ");
  } catch (error) {
    result = error instanceof Stopped ? error.result : "failed";
    why = error instanceof Error ? error.message : String(error);
  }
  try {
    await ports.record(`deploy(${order.stack}): ${result}, ${order.commit.slice(0, 12)}`);
  } catch (error) {
    const words = `what ${order.stack} runs could not be written down: ${error instanceof Error ? error.message : String(error)}`;
    why = why === undefined ? words : `${why}; ${words}`;
    if (result === "shipped") result = "failed";
  }
  return told(order, ports, { started, services, pinned, result, why });
}

function pinnedOf(text: string, { manifest }: Order): Pinned {
  if (manifest === undefined) return { text, changes: [], rollouts: [] };
  const pinned = pin(text, manifest);
  if (!("problems" in pinned)) return pinned;
  throw new Stopped("refused", pinned.problems.join("; "));
}

/** Evidence is about a commit that has the images; where it is red, they never ran, and the file must not say so. */
async function gather({ stack, commit, evidence }: Order, { changes }: Pinned, before: string, ports: Ports): Promise<void> {
  if (!evidence || (await ports.npm("evidence", ["--stack", stack])) === 0) return;
  if (changes.length > 0)
    await ports.write(before, `deploy(${stack}): without the images of ${commit.slice(0, 12)}, their evidence is red`);
  throw new Stopped("refused", "a gate of the evidence is red");
}

async function deploy({ stack, commit }: Order, { rollouts }: Pinned, ports: Ports, services: ServiceOutcome[]): Promise<void> {
  if ((await ports.npm("up", ["--stack", stack, "--yes"])) !== 0)
    throw new Stopped("failed", "the update did not go through; its words are in the log above, and what was there before serves on");
  for (const { service, image, release } of rollouts) {
    const stopped = services.some(({ ending }) => ending !== "promoted");
    const begun = ports.now().getTime();
    const code = stopped
      ? undefined
      : await ports.npm("rollout", [service, "--stack", stack, "--image", image, "--release", release, "--commit", commit]);
    const ending: Ending = code === undefined ? "not begun" : (ENDINGS[code as keyof typeof ENDINGS] ?? "refused");
    services.push({ service, image, release, ending, seconds: (ports.now().getTime() - begun) / 1000 });
  }
}

interface Came {
  readonly started: Date;
  readonly services: readonly ServiceOutcome[];
  readonly pinned: Pinned | undefined;
  readonly result: Result;
  readonly why: string | undefined;
}

function told({ stack, commit, commitAt }: Order, { now }: Ports, { started, services, pinned, result, why }: Came): Shipped {
  const ended = now();
  return {
    ...{ version: 1, stack, commit, startedAt: started.toISOString(), endedAt: ended.toISOString(), result },
    ...(commitAt !== undefined && { commitAt: new Date(commitAt).toISOString() }),
    ...(commitAt !== undefined && result === "shipped" && { leadSeconds: Math.round((ended.getTime() - commitAt) / 1000) }),
    ...(why !== undefined && { why }),
    ...{ changes: pinned?.changes ?? [], services },
  };
}
