import type { Job } from "../job.ts";

/** Every job that the image can do, by the name that `sluice:maintenance.jobs` and the command line know it by. */
export const JOBS: readonly Job[] = [];
