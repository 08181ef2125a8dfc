import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { KnownJob } from "../components/maintenance/catalog.ts";
import { beginJob, findJobs, jobNamed, look, readHistory, readReport } from "../estate/jobs.ts";
import { jobRows, renderHistory, renderJobs } from "../estate/jobs-report.ts";
import { readProject } from "../estate/project.ts";
import { reach } from "../estate/reach.ts";
import { PARTS } from "../program/maintenance/parts.ts";
import type { MaintenanceSettings } from "../settings/types.ts";
import { Problem } from "../toolchain/problem.ts";
import { say, step, warn } from "../toolchain/say.ts";
import { main } from "./main.ts";

const SCRIPTS = join(import.meta.dirname, "..", "components", "maintenance", "scripts");
const SHOWN_RUNS = 20;

const program = new Command("npm run job --")
  .description("The jobs of maintenance of an estate: what there is, what ran, and one of them now.")
  .addHelpText(
    "after",
    "\nExit codes of `run`: 0 done, 1 failed, 2 done and something critical was found, 75 it runs already, 124 killed at its limit, 143 stopped.",
  );
const sub = (name: string, words: string) => program.command(name).description(words).option("--stack <name>", "which stack", "dev");

sub("list", "every job: when it runs, when next, and what came of it last")
  .option("--json", "machine-readable, for scripts")
  .action(async ({ stack, json }: { stack: string; json?: boolean }) =>
    main(async () => {
      const { settings, maintenance, host, jobs } = await estateOf(stack);
      const history = await readHistory(host, jobs);
      const lacks = ({ name, command }: { name: string; command?: readonly string[] | undefined }) => {
        if (command) return undefined;
        const fit = PARTS[name as KnownJob];
        return fit ? fit.lacks(settings) : "this checkout cannot do it yet";
      };
      const rows = jobRows({ maintenance, containers: jobs, history, lacks, now: new Date() });
      console.log(json ? JSON.stringify(rows, undefined, 2) : renderJobs(settings.name, rows, maintenance.scheduler));
    }),
  );

sub("run", "run a job now, and show what it says; it ends with the job's exit code")
  .argument("<name>", "which job")
  .argument("[key=value...]", "options, for a job that takes any", option, {})
  .action(async (name: string, options: Record<string, string>, { stack }: { stack: string }) =>
    main(async () => {
      const { settings, host, jobs } = await estateOf(stack);
      const job = jobNamed(name, jobs, settings.name);
      if (job.running) {
        process.exitCode = 75;
        say(
          `${name} runs already, since ${job.startedAt.slice(0, 19).replace("T", " ")} UTC: it was left to itself. See it: docker logs -f ${settings.name}-job-${name}`,
        );
        return;
      }
      const seen = job.looks ? await lookAt(host, settings.name) : "null";
      process.exitCode = await beginJob(host, job, `{"look":${seen},"options":${JSON.stringify(options)}}`);
      say(`The report: npm run job -- report ${name}${stack === "dev" ? "" : ` --stack ${stack}`}`);
    }),
  );

sub("history", "what ran: the last runs of all jobs, or of one")
  .argument("[name]", "which job")
  .option("--json", "every run, machine-readable")
  .action(async (name: string | undefined, { stack, json }: { stack: string; json?: boolean }) =>
    main(async () => {
      const { settings, host, jobs } = await estateOf(stack);
      if (name !== undefined) jobNamed(name, jobs, settings.name);
      const runs = (await readHistory(host, jobs)).filter(({ job }) => name === undefined || job === name);
      console.log(json ? JSON.stringify(runs, undefined, 2) : renderHistory(runs.slice(-SHOWN_RUNS)));
    }),
  );

sub("report", "the report of a job's last run, in Markdown")
  .argument("<name>", "which job")
  .action(async (name: string, { stack }: { stack: string }) =>
    main(async () => {
      const { settings, host, jobs } = await estateOf(stack);
      process.stdout.write(await readReport(host, jobNamed(name, jobs, settings.name)));
    }),
  );

await program.parseAsync();

/** The estate's jobs. @throws Problem when the stack has none, or the estate does not run */
async function estateOf(stack: string) {
  const project = readProject(stack);
  const { settings } = project;
  const { maintenance } = settings;
  if (!maintenance)
    throw new Problem(`'${settings.name}' has no jobs: the stack has no sluice:maintenance. Add it: sluice:maintenance: {}`);
  const { main: docker } = await reach(project, { install: false });
  const jobs = await findJobs(docker, settings.name);
  if (jobs.length === 0 && (await docker.list("container", settings.name)).length === 0)
    throw new Problem(`'${settings.name}' does not run. Start it: npm start`);
  return { settings, maintenance: maintenance satisfies MaintenanceSettings, host: settings.host.docker, jobs };
}

async function lookAt(host: string, estate: string): Promise<string> {
  const work = step("looking at the host", "some seconds");
  const seen = await look(host, estate, SCRIPTS);
  if ("json" in seen) {
    work.done();
    return seen.json;
  }
  work.failed();
  warn(`The host cannot be looked at (${seen.why}): the job does without. npm run host -- check says what is missing.`);
  return "null";
}

function option(text: string, earlier: Record<string, string>): Record<string, string> {
  const [, key, value] = /^([a-zA-Z][a-zA-Z0-9_-]{0,62})=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError("Allowed: key=value.");
  return { ...earlier, [key]: value };
}
