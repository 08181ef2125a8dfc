import type { JudgedEntry } from "../records/entries.ts";
import type { Judged } from "../records/judged.ts";
import { wordsOf } from "./changes.ts";
import type { HookKind, Ports } from "./ports.ts";
import type { Saved } from "./saved.ts";

const TRIES = 3;
const AGAIN_MS = 2_000;

/** Deliver something, a few times over. @returns whether it arrived; if not, it is said, and stays with the state for the next call */
export async function tried(ports: Ports, run: () => Promise<void>): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      await run();
      return true;
    } catch (error) {
      if (attempt === TRIES) ports.show({ type: "waiting", words: `not delivered (the next call tries again): ${wordsOf(error)}` });
      else await ports.sleep(AGAIN_MS, new AbortController().signal);
    }
  }
  return false;
}

/** Run a kind of hooks in their order, until one fails. @returns what went wrong */
export async function runHooks(ports: Ports, { state, run }: Saved, kind: HookKind): Promise<string[]> {
  const { release = "", image = "", slot = "" } = state.rollout?.canary ?? {};
  const facts = { service: state.service, rollout: run?.id ?? "", phase: state.phase.name, why: state.phase.why, release, image, slot };
  for (const hook of run?.hooks[kind] ?? []) {
    const words = `hook ${kind}: ${hook}`;
    ports.show({ type: "effect", effect: "hook", state: "begun", words });
    try {
      await ports.hooks.run(hook, kind, facts);
    } catch (error) {
      ports.show({ type: "effect", effect: "hook", state: "failed", words: `${words}: ${wordsOf(error)}` });
      return [`the hook '${hook}' (${kind}) failed: ${wordsOf(error)}`];
    }
  }
  return [];
}

/** What of a judged window goes into the records; a number that JSON has no word for becomes none. */
export function judgedLine({
  weight,
  slot,
  from,
  until,
  verdict,
  reasons,
}: Judged): Omit<JudgedEntry, "kind" | "id" | "at" | "service" | "rollout"> {
  return { weight, slot, from, until, verdict, reasons: JSON.parse(JSON.stringify(reasons)) as JudgedEntry["reasons"] };
}
