import { KNOWN_JOBS, knownJob } from "../../components/maintenance/catalog.ts";
import { JOB_NAME } from "../../components/maintenance/job.ts";
import type { EVERY, WrittenJob } from "../maintenance.ts";
import type { Path } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import { missing } from "./missing.ts";
import { allowedSecrets } from "./secret-names.ts";
import { sourceChoice } from "./source.ts";

type Every = (typeof EVERY)[number];
type Part = "minutes" | "hours" | "at" | "on" | "day" | "timeZone";

/** What a schedule is made of, by how often it comes. */
const PARTS: Readonly<Record<Every, readonly Part[]>> = {
  minutes: ["minutes"],
  hours: ["hours"],
  day: ["at", "timeZone"],
  week: ["on", "at", "timeZone"],
  month: ["on", "day", "at", "timeZone"],
};
const ALL_PARTS: readonly Part[] = ["minutes", "hours", "at", "on", "day", "timeZone"];

/** What jobs of maintenance ask of each other, and of the rest of the settings. */
export const maintenanceRules: Rule = ({ maintenance, secrets, cluster }) => {
  if (!maintenance) return [];
  const at = ["maintenance"];
  const found = sourceChoice(at, maintenance, "optional");
  for (const [name, job] of Object.entries(maintenance.jobs))
    found.push(...named([...at, "jobs", name], name, job), ...scheduled([...at, "jobs", name], name, job));
  for (const [name, job] of Object.entries(maintenance.jobs))
    found.push(...placed([...at, "jobs", name, "target"], name, job, { hasCluster: cluster !== undefined, image: maintenance.image }));
  const known = Object.keys(secrets);
  found.push(...secret([...at, "webhookSecret"], maintenance.webhookSecret, known));
  const { tracker } = maintenance;
  if (tracker) {
    const here = [...at, "tracker"];
    if (tracker.repository === undefined)
      found.push(missing([...here, "repository"], "owner/name of a repository", "add it, or take `tracker` out"));
    if (tracker.tokenSecret === undefined)
      found.push(
        missing([...here, "tokenSecret"], "the name of a secret with a token that may read issues", "add it, or take `tracker` out"),
      );
    found.push(...secret([...here, "tokenSecret"], tracker.tokenSecret, known));
  }
  return found;
};

function named(at: Path, name: string, { command }: WrittenJob): Finding[] {
  if (!JOB_NAME.test(name)) {
    const allowed = "1 to 31 lower-case letters, digits, `-`, starting with a letter";
    return [{ at, received: JSON.stringify(name.slice(0, 60)), allowed, fix: "for example close-books" }];
  }
  if (knownJob(name)) {
    if (command === undefined) return [];
    return [
      { at: [...at, "command"], received: "a program", allowed: "nothing: Sluice has this job itself", fix: "give your job another name" },
    ];
  }
  if (command !== undefined) return [];
  return [
    {
      at,
      reads: [[...at, "command"]],
      received: "a job that Sluice does not have, without a `command`",
      allowed: `one of ${KNOWN_JOBS.join(", ")}; or a job of your own, with a \`command\``,
      fix: "write one of these names, or add the `command` that it runs",
    },
  ];
}

function scheduled(at: Path, name: string, job: WrittenJob): Finding[] {
  const every = job.every ?? knownJob(name)?.schedule?.every;
  const reads = [[...at, "every"]];
  const written = ALL_PARTS.filter((part) => job[part] !== undefined);
  if (every === undefined) {
    return written.map((part) => ({
      at: [...at, part],
      reads,
      received: String(job[part]),
      allowed: "nothing, while nobody says how often: this job runs by hand",
      fix: "add `every`, for example `every: day`, or take it out",
    }));
  }
  const fits = PARTS[every];
  const found: Finding[] = written
    .filter((part) => !fits.includes(part))
    .map((part) => ({
      at: [...at, part],
      reads,
      received: String(job[part]),
      allowed: `nothing: \`every: ${every}\` takes ${fits.join(", ")}`,
      fix: part === "timeZone" ? "take it out: hours and minutes are counted from midnight UTC" : "take it out, or write another `every`",
    }));
  // What is not written anew stays as it is.
  if (job.every === undefined) return [...found, ...both(at, job)];
  const need = (part: Part, allowed: string, example: string): void => {
    if (job[part] === undefined) found.push({ ...missing([...at, part], allowed, `add \`${part}: ${example}\``), reads });
  };
  if (every === "minutes") need("minutes", "1, 2, 5, 10, 15, 20 or 30", "15");
  if (every === "hours") need("hours", "1, 2, 3, 4, 6, 8 or 12", "4");
  if (fits.includes("at")) need("at", "a time of day, HH:MM", '"03:00"');
  if (every === "week") need("on", "a day of the week", "Sunday");
  if (every === "month" && job.day === undefined) need("on", "the first such day of the month, or `day`", "Monday");
  return [...found, ...both(at, job)];
}

/** Jobs that need nothing of a host. */
const ANYWHERE: readonly string[] = ["issue-tracker"];

/** A cluster runs what needs no host, from an image that it can pull. */
function placed(
  at: Path,
  name: string,
  job: WrittenJob,
  { hasCluster, image }: { hasCluster: boolean; image: string | undefined },
): Finding[] {
  if (job.target !== "kubernetes") return [];
  const received = "kubernetes";
  if (job.command === undefined && !ANYWHERE.includes(name))
    return [{ at, received, allowed: `docker: ${name} looks at the host, its engine or its stores`, fix: "take it out" }];
  if (!hasCluster)
    return [
      {
        at,
        reads: [["cluster"]],
        received,
        allowed: "docker, while there is no `sluice:cluster`",
        fix: "take it out, or add `sluice:cluster`",
      },
    ];
  if (image === undefined) {
    const fix = "publish images/jobs (npm run images) and write its reference to `sluice:maintenance.image`";
    return [{ at, reads: [["maintenance", "image"]], received, allowed: "docker, while the jobs' image is built on the host", fix }];
  }
  const every = job.every ?? knownJob(name)?.schedule?.every;
  if (every !== undefined) return [];
  return [{ at, received, allowed: "docker: a cluster begins what has a schedule", fix: "add `every`, or take it out" }];
}

function both(at: Path, { on, day }: WrittenJob): Finding[] {
  if (on === undefined || day === undefined) return [];
  return [
    {
      at: [...at, "day"],
      reads: [[...at, "on"]],
      received: String(day),
      allowed: "either `on` (the first such day of the month) or `day` (a date)",
      fix: "take one of them out",
    },
  ];
}

function secret(at: Path, name: string | undefined, known: readonly string[]): Finding[] {
  if (name === undefined || known.includes(name)) return [];
  return [
    {
      at,
      reads: [["secrets"], ["secrets", name]],
      received: JSON.stringify(name),
      allowed: allowedSecrets(known),
      fix: `npm run pulumi -- config set --secret --path 'sluice:secrets.${name}'`,
    },
  ];
}
