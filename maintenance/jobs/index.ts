import type { Job } from "../job.ts";
import { backup } from "./backup/backup.ts";
import { capacityForecast } from "./capacity-forecast/capacity-forecast.ts";
import { checkUpdates } from "./check-updates/check-updates.ts";
import { costSummary } from "./cost-summary/cost-summary.ts";
import { databaseReview } from "./database-review/database-review.ts";
import { healthReport } from "./health-report/health-report.ts";
import { issueTracker } from "./issue-tracker/issue-tracker.ts";
import { monthlyReport } from "./monthly-report/monthly-report.ts";
import { performanceBenchmark } from "./performance-benchmark/performance-benchmark.ts";
import { restore } from "./restore/restore.ts";
import { restoreDrill } from "./restore-drill/restore-drill.ts";
import { rotateLogs } from "./rotate-logs/rotate-logs.ts";
import { secretAge } from "./secret-age/secret-age.ts";
import { securityAudit } from "./security-audit/security-audit.ts";

/** Every job that the image can do, by the name that `sluice:maintenance.jobs` and the command line know it by. */
export const JOBS: readonly Job[] = [
  ...[backup, restore, restoreDrill],
  ...[rotateLogs, healthReport, issueTracker],
  ...[securityAudit, databaseReview, checkUpdates, performanceBenchmark],
  ...[capacityForecast, secretAge, monthlyReport, costSummary],
];
