import type { Job } from "../job.ts";
import { healthReport } from "./health-report/health-report.ts";
import { issueTracker } from "./issue-tracker/issue-tracker.ts";
import { rotateLogs } from "./rotate-logs/rotate-logs.ts";

/** Every job that the image can do, by the name that `sluice:maintenance.jobs` and the command line know it by. */
export const JOBS: readonly Job[] = [rotateLogs, healthReport, issueTracker];
