import { z } from "zod";

/** What a job's container is told by the program that made it; it changes only with the container. */
export const JobConfig = z.object({
  estate: z.string(),
  name: z.string(),
  /** One line: what it does. */
  does: z.string(),
  /** Seconds that a run may take, further tries included. */
  limitSeconds: z.number(),
  /** Further tries of a run that fails. */
  retries: z.number(),
  /** Seconds before the first further try; the next waits twice as long. */
  pauseSeconds: z.number().default(30),
  /** Whom to tell: of every run, or of those that found or broke something. */
  tells: z.enum(["always", "problems"]),
  /** Where it is scheduled by something that knows no weekdays of a month: any other day it goes home at once. */
  onlyOn: z.object({ weekday: z.string(), timeZone: z.string() }).optional(),
  /** A program in place of a job of this image. */
  command: z.array(z.string()).min(1).optional(),
  /** Where news is sent, e.g. `http://10.213.0.6:9093`. @default nowhere */
  alertmanager: z.string().optional(),
  /** Name of the secret that holds the address of a channel's webhook. @default none */
  webhook: z.string().optional(),
  facts: z.unknown(),
});
export type JobConfig = z.infer<typeof JobConfig>;

/** How a run ended. `found`: the job did its work, and found something critical. */
export const RESULTS = ["ok", "found", "failed", "timed out", "stopped", "not today"] as const;
export type Result = (typeof RESULTS)[number];

/** What a run's process ends with: those of `timeout` and of a shell where there is one. */
export const EXIT_CODES: Readonly<Record<Result, number>> = { ok: 0, "not today": 0, failed: 1, found: 2, "timed out": 124, stopped: 143 };

/** Whether a run did what it is for: its time is the last success. */
export const isDone = (result: Result): boolean => result === "ok" || result === "found";

/** One run, as the history has it. */
export const RunRecord = z.object({
  /** `20261122T033000Z`; also the name of its report. */
  id: z.string(),
  job: z.string(),
  /** ISO 8601. */
  began: z.string(),
  seconds: z.number(),
  result: z.enum(RESULTS),
  attempts: z.number(),
  summary: z.string(),
  findings: z.record(z.string(), z.number()),
});
export type RunRecord = z.infer<typeof RunRecord>;
