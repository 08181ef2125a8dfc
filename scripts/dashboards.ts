import { join } from "node:path";
import { Command } from "commander";
import type { DashboardSettings } from "../components/monitoring/dashboards/dashboard.ts";
import { usualLimits } from "../components/monitoring/dashboards/limits.ts";
import { type Written, writeDashboards as writeFiles } from "../components/monitoring/dashboards/write.ts";
import { type Project, readProject } from "../estate/project.ts";
import { main } from "./main.ts";

/** Where `npm run dashboards` writes, relative to the project. */
export const DASHBOARDS_FOLDER = "dist/dashboards";

/** Where runbooks are read when the stack has no monitoring, and so does not say. */
const RUNBOOKS = "https://github.com/sluice-delivery/sluice/blob/main/docs/runbooks";

/** What dashboards need to know of a stack. What settings do not say is as the rules have it. */
function dashboardSettings({ settings }: Project): DashboardSettings {
  const { monitoring, services, name, postgres, redis } = settings;
  const thresholds = monitoring?.thresholds;
  return {
    estate: name,
    services: services.map((service) => ({
      name: service.name,
      routed: service.route !== undefined,
      workflows: Object.keys(service.workflows),
    })),
    hasPostgres: postgres !== undefined,
    hasRedis: redis !== undefined,
    runbookBase: monitoring?.runbooks ?? RUNBOOKS,
    limits: {
      ...usualLimits(),
      ...(thresholds && {
        errorWarningRatio: thresholds.errorWarningPercent / 100,
        errorCriticalRatio: thresholds.errorCriticalPercent / 100,
        latencyP99Seconds: thresholds.latencyP99Ms / 1000,
        memoryRatio: thresholds.memoryPercent / 100,
        cpuRatio: thresholds.cpuPercent / 100,
        diskRatio: thresholds.diskPercent / 100,
        certificateDays: thresholds.certificateDays,
        slowDeploySeconds: thresholds.slowDeployMinutes * 60,
      }),
    },
  };
}

/** Write the dashboards of a stack. Quick when nothing has changed. */
export const writeDashboards = (project: Project, folder = join(project.root, DASHBOARDS_FOLDER)): Promise<Written> =>
  writeFiles(dashboardSettings(project), folder);

if (import.meta.main) {
  const command = new Command("npm run dashboards --")
    .description("Write the estate's Grafana dashboards as JSON, ready to be imported. Safe to run again: only what changed is written.")
    .option("--stack <name>", "which stack", "dev")
    .option("--out <folder>", "where to", DASHBOARDS_FOLDER)
    .parse();
  const { stack, out } = command.opts<{ stack: string; out: string }>();

  await main(async () => {
    const { written, unchanged, removed } = await writeDashboards(readProject(stack), out);
    for (const file of written) console.log(`wrote      ${join(out, file)}`);
    for (const file of removed) console.log(`removed    ${join(out, file)}`);
    for (const file of unchanged) console.log(`unchanged  ${join(out, file)}`);
  });
}
