import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Project } from "../../../estate/project.ts";
import { hasHost } from "../../../settings/placement.ts";
import type { ServiceSettings } from "../../../settings/types.ts";
import { Problem } from "../../../toolchain/problem.ts";
import { type AnalysisSettings, DEFAULT_SETTINGS } from "../../analysis/index.ts";
import { Driver } from "../driver.ts";
import type { Rules } from "../plan.ts";
import type { Ports, Shown } from "../ports.ts";
import type { Saved } from "../saved.ts";
import { Files, folderOf } from "./files.ts";
import { ShellHooks } from "./hooks.ts";
import { Inside } from "./inside.ts";
import { FileJournal } from "./journal.ts";
import { AlertmanagerNotifier } from "./notifier.ts";
import type { Site } from "./site.ts";

/** One service of one stack, and everything that a command about it needs. */
export class Session {
  readonly project: Project;
  readonly service: ServiceSettings;
  readonly site: Site;
  readonly files: Files;
  readonly journal: FileJournal;
  readonly notifier: AlertmanagerNotifier;
  readonly show: (shown: Shown) => void;

  constructor(project: Project, service: ServiceSettings, site: Site, show: (shown: Shown) => void) {
    const { settings } = project;
    const inside = Inside.of(settings);
    this.project = project;
    this.service = service;
    this.site = site;
    this.files = new Files(this.folder, service.name);
    this.journal = new FileJournal(this.folder, hasHost(settings) ? inside : undefined);
    this.notifier = new AlertmanagerNotifier(inside, settings.name);
    this.show = show;
  }

  get folder(): string {
    return folderOf(this.project.root, this.project.stack);
  }

  /** What is on disk of this service. */
  load(): Saved {
    return this.files.load(this.service.name, Date.now());
  }

  driver(owner: string): Driver {
    return new Driver(this.#ports(), this.load(), {
      owner,
      stack: this.project.stack,
      analysis: analysisOf(this.project),
      warmUpMs: warmUpOf(this.project),
      watchesAlone: !this.site.guarded,
    });
  }

  #ports(): Ports {
    const { project, service, site, show, journal } = this;
    const { settings, stack, root } = project;
    const { edge, guard, canary } = site;
    return {
      ...{ edge, guard, canary, journal, show, store: this.files },
      notifier: settings.monitoring ? this.notifier : { tell: () => Promise.resolve() },
      hooks: new ShellHooks(root, { stack, estate: settings.name }),
      stack: site.stack({ log: join(this.folder, `${service.name}.up.log`), waiting: (words) => show({ type: "waiting", words }) }),
      now: Date.now,
      sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    };
  }
}

export function rulesOf({ settings }: Project, service: ServiceSettings): Rules {
  const estate = settings.rollout;
  if (estate === undefined)
    throw new Problem(`'${settings.name}' has no rollouts: add sluice:rollout: {} to the stack file, then npm start.`);
  return {
    ...{ steps: service.rollout.steps, windowSeconds: service.rollout.windowSeconds ?? estate.windowSeconds, hooks: estate.hooks },
    ...{
      watchSeconds: estate.watchSeconds,
      extensions: estate.extensions,
      giveUp: estate.giveUp,
      readyTimeoutSeconds: service.readyTimeoutSeconds,
    },
  };
}

function analysisOf({ settings: { rollout } }: Project): AnalysisSettings {
  if (rollout === undefined) return DEFAULT_SETTINGS;
  const { errorLimit, p99Seconds, authFailureLimit, minimumRequests } = rollout;
  return { ...DEFAULT_SETTINGS, errorLimit, p99Seconds, authFailureLimit, minimumRequests };
}

const warmUpOf = ({ settings }: Project): number => (settings.rollout?.warmUpSeconds ?? 0) * 1000;
