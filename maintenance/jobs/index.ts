import type { Job } from "../job.ts";
import { backup } from "./backup/backup.ts";
import { healthReport } from "./health-report/health-report.ts";
import { issueTracker } from "./issue-tracker/issue-tracker.ts";
import { restore } from "./restore/restore.ts";
import { restoreDrill } from "./restore-drill/restore-drill.ts";
import { rotateLogs } from "./rotate-logs/rotate-logs.ts";

/** Every job that the image can do, by the name that `sluice:maintenance.jobs` and the command line know it by. */
export const JOBS: readonly Job[] = [backup, restore, restoreDrill, rotateLogs, healthReport, issueTracker];
