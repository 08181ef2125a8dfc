import { setTimeout as sleep } from "node:timers/promises";
import type { ContainerFacts, Docker } from "../estate/docker.ts";
import { readStatus } from "../estate/status.ts";
import type { Settings } from "../settings/types.ts";
import { EstateAlerts, type FiringAlert, isExpected, newAlerts, ofNow } from "./alerts.ts";
import type { JournalFile } from "./journal.ts";
import { DrillLoad } from "./load.ts";
import { differences, lossesOf, type Result, shapeOf } from "./result.ts";
import { putBack, type Step, stepWords } from "./step.ts";
import type { DrillOptions, DrillWorld, Prepared, Scenario } from "./world.ts";

export interface Around {
  readonly docker: Docker;
  readonly settings: Settings<unknown>;
  readonly journal: JournalFile;
  readonly options: DrillOptions;
  /** Address that the clients ask. */
  readonly url: string;
  readonly perSecond: number;
  /** How much longer than its rule waits an alert may take, seconds. */
  readonly patience: number;
  readonly say: (line: string) => void;
  /** Aborted: the drill ends at once, and puts everything back. */
  readonly signal: AbortSignal;
}

/** Clients are asked so long before and after, ms: a loss that was there before is none of the drill's. */
const MARGIN_MS = 3000;
const HEAL_SECONDS = 120;
const RECOVER_SECONDS = 180;
/** Alerts end with the next look at the numbers and the rules; some look back a few minutes. */
const SILENCE_SECONDS = 240;

/** Read the estate and let the scenario say what it would do. @throws Problem when it cannot be done here */
export async function prepare(scenario: Scenario, { docker, settings, options }: Around): Promise<{ world: DrillWorld; plan: Prepared }> {
  const [containers, status] = await Promise.all([docker.containers(settings.name), readStatus(docker, settings.name)]);
  const active = new Map(status.services.flatMap(({ name, active }) => (active ? [[name, active] as const] : [])));
  const world: DrillWorld = { docker, settings, options, containers, active };
  return { world, plan: await scenario.prepare(world) };
}

/** One drill, from the first client to the last look. Whatever happens, what it changed is put back. */
export async function drill(scenario: Scenario, around: Around): Promise<Result> {
  const { docker, settings, journal, url, perSecond, patience, say, signal } = around;
  const { world, plan } = await prepare(scenario, around);
  say(`${scenario.name}: ${plan.will}`);
  const alerts = settings.monitoring ? new EstateAlerts(docker, settings.name) : undefined;
  const firingBefore = (await alerts?.firing()) ?? [];
  const before = world.containers.map(shapeOf);
  const waits = Math.max(0, ...(alerts ? await Promise.all(plan.alerts.map(({ name }) => alerts.waits(name))) : []));

  await journal.write({ scenario: scenario.name, began: new Date().toISOString(), steps: [...plan.steps] });
  const load = new DrillLoad(url, perSecond);
  let alert: Result["alert"] = null;
  let since = 0;
  try {
    await sleep(MARGIN_MS, undefined, { signal });
    since = load.now;
    await plan.inject();
    say("  done; watching what clients and alerts say");
    if (alerts && plan.alerts.length > 0) {
      const told = await until(waits + patience, signal, async () => {
        const news = (await alerts.firing().catch((): FiringAlert[] => [])).filter((one) => isExpected(plan.alerts, one));
        return news.find((one) => newAlerts(firingBefore, [one]).length > 0);
      });
      const name = told?.name ?? plan.alerts.map((one) => one.name).join(" or ");
      alert = { name, waits, after: told === undefined ? null : (load.now - since) / 1000 };
      say(
        told ? `  ${told.name} fires, ${alert.after?.toFixed(0)} s after the fault` : `  ${name} did not fire within ${waits + patience} s`,
      );
    }
    if (plan.heals) {
      const healed = await until(
        plan.healSeconds ?? HEAL_SECONDS,
        signal,
        async () => (await isWell(world, plan, load, since)) || undefined,
      );
      if (!healed) say("  it has not healed by itself");
    } else if (plan.alerts.length === 0) {
      // Nobody is told of it: what clients lose is all there is to see.
      await sleep(10_000, undefined, { signal });
    }
    const healedAt = load.now;
    if (!plan.heals) since = load.now;
    await back(docker, plan.steps, say);
    const well = await until(RECOVER_SECONDS, signal, async () => (await isWell(world, plan, load, since)) || undefined);
    const recovery = well ? ((plan.heals ? healedAt : load.now) - since) / 1000 : null;
    say(recovery === null ? `  not well again after ${RECOVER_SECONDS} s` : `  all works again after ${recovery.toFixed(1)} s`);
    await sleep(MARGIN_MS, undefined, { signal });
    const asked = await load.stop();
    if (well) await journal.clear();
    const left = await silence(alerts, firingBefore, signal);
    const after = (await docker.containers(settings.name)).map(shapeOf);
    return {
      ...{ scenario: scenario.name, did: plan.will, alert, recovery, healed: plan.heals, load: lossesOf(asked) },
      differences: [...differences(before, after), ...left.map((name) => `the alert ${name} still fires`)],
    };
  } catch (error) {
    say("  putting everything back");
    await back(docker, plan.steps, say);
    await journal.clear();
    throw error;
  } finally {
    await load.stop();
  }
}

/** Put back what a drill changed: every step is tried, whatever the others do. @throws the first step's words when one could not be done */
export async function back(docker: Docker, steps: readonly Step[], say: (line: string) => void): Promise<void> {
  const failed: unknown[] = [];
  for (const step of steps) {
    await putBack(docker, step).catch((error: unknown) => {
      failed.push(error);
      say(`  could not ${stepWords(step)}: ${error instanceof Error ? error.message : error}`);
    });
  }
  if (failed.length > 0) throw failed[0];
}

/** Containers run and are healthy as before, clients are answered, and what was hit says that it works. */
async function isWell({ docker, settings, containers }: DrillWorld, plan: Prepared, load: DrillLoad, since: number): Promise<boolean> {
  const wasWell = new Set(containers.filter(isUp).map(({ Name }) => Name));
  const now = await docker.containers(settings.name);
  const up = new Set(now.filter(isUp).map(({ Name }) => Name));
  if ([...wasWell].some((name) => !up.has(name))) return false;
  if (plan.recovered && !(await plan.recovered())) return false;
  // Where nothing was put back, a look that came too soon sees a container that Docker still takes for healthy.
  return load.isWell(Math.max(since, load.now - 5000)) && (!plan.heals || hasChanged(containers, now));
}

const isUp = ({ State }: ContainerFacts): boolean =>
  State.Status === "running" && (State.Health === undefined || State.Health.Status === "healthy");

/** Whether something was started anew. */
const hasChanged = (before: readonly ContainerFacts[], now: readonly ContainerFacts[]): boolean => {
  const started = new Map(before.map(({ Id, State }) => [Id, State.StartedAt]));
  return now.some(({ Id, State }) => started.has(Id) && started.get(Id) !== State.StartedAt);
};

/** Wait until no alert fires that did not before. @returns those that still do */
async function silence(alerts: EstateAlerts | undefined, before: readonly FiringAlert[], signal: AbortSignal): Promise<string[]> {
  if (!alerts) return [];
  let left: string[] = [];
  await until(SILENCE_SECONDS, signal, async () => {
    left = newAlerts(before, ofNow(await alerts.firing().catch((): FiringAlert[] => [])));
    return left.length === 0 || undefined;
  });
  return left;
}

/** What `look` finds, asked once a second; nothing when it finds nothing in time. */
async function until<T>(seconds: number, signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined || Date.now() > end) return found;
    await sleep(1000, undefined, { signal });
  }
}
