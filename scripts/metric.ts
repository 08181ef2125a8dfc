import { Command, InvalidArgumentError } from "commander";
import { LABEL } from "../components/host/labels.ts";
import { type Label, renderMetric } from "../estate/metric.ts";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { Problem } from "../toolchain/problem.ts";
import { main } from "./main.ts";

const command = new Command("npm run metric --")
  .description(
    "Give one number to the estate's monitoring, from a pipeline or a job: it stays until the next one. Alerts look at some of them.",
  )
  .argument("<name>", "metric, e.g. sluice_tests_failed")
  .argument("<value>", "a number, or `now` for the time in seconds since 1970", value)
  .option("--label <key=value...>", "labels, e.g. suite=unit", label, [])
  .option("--stack <name>", "which stack", "dev")
  .addHelpText(
    "after",
    [
      "",
      "Metrics that alerts look at:",
      "  sluice_tests_failed{suite}                         TestFailures: above 0",
      "  sluice_backup_last_success_timestamp_seconds{job}  BackupMissing: too old, or never (job from sluice:monitoring.backups)",
      "  sluice_progress_total{counter}                     ProgressStuck: no progress for 30 s (counter from sluice:monitoring.progressCounters)",
      "  sluice_rate_limit_used_ratio{limit}                RateLimitNearlyUsed: above 0.8",
      "",
      "Example: npm run metric -- sluice_backup_last_success_timestamp_seconds now --label job=backup-to-r2",
    ].join("\n"),
  )
  .parse();
const [name, number] = command.processedArgs as [string, number];
const { label: labels, stack } = command.opts<{ label: Label[]; stack: string }>();

await main(async () => {
  const text = renderMetric(name, labels, number);
  const project = readProject(stack);
  const { settings } = project;
  if (!settings.monitoring)
    throw new Problem(`'${settings.name}' is not measured: the stack has no sluice:monitoring. Add it: sluice:monitoring: {}`);
  const { main: docker } = await reach(project, { install: false });
  const found = (await docker.containers(settings.name)).find(
    ({ Name, Config }) => Config.Labels[LABEL.role] === "exporter" && Name === `/${settings.name}-node-metrics`,
  );
  if (!found) throw new Problem(`'${settings.name}' does not run, or not its monitoring. Start it: npm start`);
  await docker.run(["exec", "-i", found.Id, "put-metrics", text.file], text.lines);
  console.log(text.lines.trim().split("\n").at(-1));
});

function value(text: string): number {
  if (text === "now") return Math.floor(Date.now() / 1000);
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) throw new InvalidArgumentError("Allowed: a number, or `now`.");
  return number;
}

function label(text: string, earlier: Label[]): Label[] {
  const [, key, of] = /^([a-zA-Z_][a-zA-Z0-9_]*)=([A-Za-z0-9_.:/ -]{0,100})$/.exec(text) ?? [];
  if (key === undefined || of === undefined)
    throw new InvalidArgumentError("Allowed: key=value, with letters, digits, `_`, `.`, `:`, `/`, `-`.");
  return [...earlier, { key, value: of }];
}
