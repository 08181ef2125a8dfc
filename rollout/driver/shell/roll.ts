import { setTimeout as sleep } from "node:timers/promises";
import { type Project, readProject } from "../../../estate/project.ts";
import { isAlive } from "../../../toolchain/cache.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { duration, say } from "../../../toolchain/say.ts";
import type { Plan } from "../../machine/index.ts";
import { explain } from "../../machine/index.ts";
import type { Driver, Ending } from "../driver.ts";
import { newsOf, plannedText } from "../news.ts";
import { isUnfinished } from "../notes.ts";
import { type Ground, planOf, planWords, sourceOf, type Wanted } from "../plan.ts";
import { LeaseHeld } from "../ports.ts";
import { refusal, renderChecks } from "../preflight.ts";
import type { Run, Saved } from "../saved.ts";
import { commitOf, preflight, stackText } from "./facts.ts";
import { rulesOf, Session } from "./session.ts";
import { showJson, showWords } from "./show.ts";
import { siteOf } from "./site.ts";
import { ownerOf, person, pidOf, serviceOf } from "./who.ts";

/** What a command ends with. */
export const EXIT = { done: 0, refused: 1, takenBack: 2, held: 3, lost: 4, interrupted: 130 } as const;

const EXITS: Readonly<Record<Ending, number>> = {
  ...{ promoted: EXIT.done, idle: EXIT.done, frozen: EXIT.takenBack, failed: EXIT.takenBack },
  ...{ paused: EXIT.held, lost: EXIT.lost, interrupted: EXIT.interrupted },
};

export interface RollOptions {
  readonly stack: string;
  readonly image: string;
  readonly release?: string;
  readonly steps?: readonly number[];
  readonly window?: number;
  readonly env: Readonly<Record<string, string>>;
  readonly keepSlot?: boolean;
  readonly watch?: number;
  readonly commit?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly in?: number;
}

export async function openSession(
  name: string,
  { stack, json }: { readonly stack: string; readonly json?: boolean },
  known?: Project,
): Promise<Session> {
  const project = known ?? readProject(stack);
  const service = serviceOf(project, name);
  let session: Session | undefined;
  const show = json ? showJson(name, () => session?.load().state.rollout?.id ?? null) : showWords();
  session = new Session(project, service, await siteOf(project, service), show);
  return session;
}

/** Roll a release out, from the look at everything to the report. @returns the exit code */
export async function roll(name: string, options: RollOptions): Promise<number> {
  const session = await openSession(name, options);
  const saved = session.load();
  if (!options.dryRun && isUnfinished(saved)) return finishEarlier(session, saved, options);

  const source = sourceOf(options.image);
  const { checks, control } = await preflight(session, source);
  const commit = await commitOf(session.project.root, options.commit, source);
  const wanted: Wanted = {
    ...{ service: name, image: options.image, release: options.release, steps: options.steps, windowSeconds: options.window },
    ...{ env: options.env, keepSlot: options.keepSlot === true, watchSeconds: options.watch, by: person(), ...commit },
  };
  const active = control?.active ?? session.service.active;
  const ground = (): Ground | undefined =>
    session.project.settings.rollout && {
      stackText: stackText(session.project),
      active,
      rules: rulesOf(session.project, session.service),
      now: Date.now(),
    };
  const first = ground();
  const planned = first === undefined ? { problems: [] } : planOf(wanted, first);
  const asked = "problems" in planned ? planned.problems.map((words) => ({ what: "what was asked for", ok: false, words })) : [];
  const wrong = refusal(name, [...asked, ...checks]);
  if (options.dryRun) {
    if ("plan" in planned)
      console.log([`Plan (nothing was changed)`, ...planWords(planned.plan, planned.run).map((line) => `  ${line}`)].join("\n"));
    console.log(["Looked at", renderChecks([...asked, ...checks])].join("\n"));
    if (wrong !== undefined) throw new Problem(wrong);
    return EXIT.done;
  }
  if (wrong !== undefined || !("plan" in planned)) throw new Problem(wrong ?? `${name} cannot be rolled out`);

  if (options.in !== undefined) await waitFor(session, options.in, planned.plan, wanted.by);
  const again = ground();
  const { plan, run } = again === undefined ? planned : fresh(planOf(wanted, again), planned);
  return drive(session, async (driver) => begin(session, driver, plan, run), options);
}

/** Planned again after the wait: the time is another one, and so is the name. */
const fresh = (again: ReturnType<typeof planOf>, before: { plan: Plan; run: Run }): { plan: Plan; run: Run } =>
  "plan" in again ? again : before;

function begin(session: Session, driver: Driver, plan: Plan, run: Run): string | null {
  session.show({ type: "rollout", id: plan.id });
  return driver.start(run, { type: "start", at: Date.now(), plan, by: run.by });
}

/**
 * Take the lease, do something, and go on until nothing more happens by itself.
 * @param act what is done first. @returns why it was refused
 */
export async function drive(
  session: Session,
  act: (driver: Driver) => Promise<string | null>,
  { json = false, done = false }: { readonly json?: boolean; readonly done?: boolean } = {},
): Promise<number> {
  const driver = session.driver(ownerOf());
  await take(driver);
  session.files.clearInbox();
  const stop = onInterrupt(session, driver);
  try {
    const refused = await act(driver);
    if (refused !== null) {
      await driver.give();
      throw new Problem(`${session.service.name}: ${refused}.`);
    }
    const ending = await driver.rest();
    return tellEnd(session, driver, ending, { json, done });
  } finally {
    stop();
  }
}

/** Take the lease; one that a dead process left runs out by itself. @throws LeaseHeld */
async function take(driver: Driver): Promise<void> {
  for (let told = false; ; told = true) {
    try {
      return await driver.begin();
    } catch (error) {
      const pid = error instanceof LeaseHeld ? pidOf(error.owner) : undefined;
      if (!(error instanceof LeaseHeld) || pid === undefined || isAlive(pid)) throw error;
      if (!told) say(`The driver that had this service (process ${pid}) is gone; its lease runs out within seconds.`);
      await sleep(1_000);
    }
  }
}

function onInterrupt(session: Session, driver: Driver): () => void {
  let asked = false;
  const interrupt = () => {
    const { name } = session.service;
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    say(`\nStopped by you. ${explain(driver.saved.state)}`);
    say(`What the engine is at work on ends first (once more Ctrl-C: it goes on by itself). ${watchWords(session)}`);
    say(`To go on: npm run rollout -- resume ${name}   To take it back: npm run rollout -- rollback ${name}`);
    driver.interrupt();
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return () => void process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
}

/** Who watches the canary once this process has ended. */
export const watchWords = ({ site }: Pick<Session, "site">): string =>
  site.guarded ? "The guard watches on." : "From then on nobody watches the canary: in a cluster, only the driver does.";

function tellEnd(session: Session, driver: Driver, ending: Ending, { json, done }: { json: boolean; done: boolean }): number {
  const { state, run } = driver.saved;
  const words = explain(state);
  const code = done && ["promoted", "idle", "frozen", "failed", "paused"].includes(ending) ? EXIT.done : EXITS[ending];
  if (json)
    console.log(
      JSON.stringify({
        at: Date.now(),
        service: state.service,
        rollout: run?.id ?? null,
        type: "done",
        outcome: ending,
        exitCode: code,
        words,
      }),
    );
  else console.log(words);
  if (driver.unsettled !== null)
    say(
      `The edge holds it, but the stack file does not say so everywhere: ${driver.unsettled}\nPut it right and run: npm run pulumi -- up --stack ${session.project.stack}`,
    );
  for (const note of run?.notes ?? []) say(note);
  if (run !== null && run.endedAt !== null && !json) say(`The report: npm run rollout -- report ${run.id}`);
  if (ending === "paused")
    say(`To go on: npm run rollout -- resume ${state.service}   To take it back: npm run rollout -- abort ${state.service}`);
  if (ending === "lost") say("Another driver took the service over; this one has stopped.");
  return code;
}

async function finishEarlier(session: Session, saved: Saved, options: RollOptions): Promise<number> {
  const { rollout, phase } = saved.state;
  say(`An earlier rollout is not over. ${explain(saved.state)}`);
  if (phase.name === "paused")
    throw new Problem(
      `${session.service.name}: it is paused. To go on: npm run rollout -- resume ${session.service.name}; to end it: abort ${session.service.name}.`,
    );
  say("It is brought to its end first.");
  const code = await drive(session, async () => null, options);
  const same = rollout?.canary.image === options.image && (options.release === undefined || rollout.canary.release === options.release);
  if (!same) say("What you asked for now was not begun: run the command again.");
  return same || code !== EXIT.done ? code : EXIT.refused;
}

const PROGRESS_MS = 15_000;

/** Tell people of what is planned, and wait for it with a sign of life. */
async function waitFor(session: Session, minutes: number, plan: Plan, by: string): Promise<void> {
  const begins = Date.now() + minutes * 60_000;
  const { service, canary } = plan;
  const entry = { kind: "planned", id: `${plan.id}/planned`, at: Date.now(), service, by, release: canary.release, begins } as const;
  await session.journal.append(entry);
  const about = { estate: session.project.settings.name, service, rollout: plan.id, canary, decision: null, at: Date.now() };
  const text = plannedText(service, canary.release, by, begins);
  await session.notifier
    .send(newsOf({ id: entry.id, action: "planned", text }, about))
    .catch(() => say("Nobody could be told: monitoring does not answer."));
  session.show({ type: "waiting", words: text });
  while (Date.now() < begins) {
    await sleep(Math.min(PROGRESS_MS, begins - Date.now()));
    if (Date.now() < begins) session.show({ type: "waiting", words: `begins in ${duration(begins - Date.now())}` });
  }
}
