/**
 * What one job of maintenance and the runner around it promise each other. A job decides and does; the runner holds it to its time, tries again,
 * and tells everybody what came of it (maintenance/runner/).
 */

/** What a job is given. Everything else (the clock, the network, the disk) it reaches through libraries and programs of its image. */
export interface JobWorld {
  /** The job's facts, as the estate's program wrote them; parsed by the job's own zod schema. */
  readonly facts: unknown;
  /**
   * A secret that the job may read.
   * @throws when there is none of this name
   */
  secret(name: string): Promise<string>;
  /**
   * What the run was begun with: `look`, what the host said (maintenance/look.ts), where the job wants that, and `options`, what a person wrote
   * behind `npm run job -- run NAME`.
   */
  readonly host: unknown;
  readonly now: () => Date;
  /** Aborted when the time is up, or when somebody stops the job. What the job has started ends with it. */
  readonly signal: AbortSignal;
  /** One line of progress, for whoever watches. Never a secret. */
  say(line: string): void;
  /** A folder of the jobs' volume that this job alone uses; it outlives the run. */
  readonly folder: string;
}

export const LEVELS = ["ok", "notice", "warning", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/**
 * One thing that was found. `critical` alerts (the job did its work, and what it found cannot wait), `warning` is told to the channels, `notice` and
 * `ok` stand in the report.
 */
export interface Finding {
  readonly level: Level;
  readonly what: string;
  /** What a person should do now. @default nothing to do */
  readonly todo?: string;
}

export interface Section {
  readonly title: string;
  readonly text?: string;
  readonly table?: { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };
  /** Kept beside the report, and shown in it. `name` without folder and ending. */
  readonly picture?: { readonly name: string; readonly svg: string };
}

/** A number for Prometheus. The runner adds the label `job`. */
export interface Gauge {
  /** Begins with `sluice_`, ends with its unit. */
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface JobOutcome {
  /** One sentence: what came of it. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  readonly sections: readonly Section[];
  readonly metrics: readonly Gauge[];
}

export interface Job {
  readonly name: string;
  /** @throws when the work could not be done: the runner tries again as often as it may, then the run has failed */
  run(world: JobWorld): Promise<JobOutcome>;
}
