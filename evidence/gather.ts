import { Docker } from "../estate/docker.ts";
import { readProject } from "../estate/project.ts";
import { prepareImages } from "../images/prepare.ts";
import { ensureDebian } from "../toolchain/debian.ts";
import { ensureDocker } from "../toolchain/docker.ts";
import { Problem } from "../toolchain/problem.ts";
import { say, step } from "../toolchain/say.ts";
import { changedFiles, headCommit } from "./git.ts";
import { OWN } from "./images.ts";
import { audit } from "./parts/audit.ts";
import { blockers } from "./parts/blockers.ts";
import { builds } from "./parts/builds.ts";
import { imagesOf } from "./parts/images.ts";
import { lint } from "./parts/lint.ts";
import { performance } from "./parts/performance.ts";
import { scan } from "./parts/scan.ts";
import { schema } from "./parts/schema.ts";
import { secrets } from "./parts/secrets.ts";
import { endToEnd, unit } from "./parts/tests.ts";
import { types } from "./parts/types.ts";
import { Evidence } from "./schema.ts";
import { sweepDead, sweepOwn, Throwaway, thisRun } from "./throwaway.ts";
import { endTools, type World } from "./world.ts";

/** What can be asked for alone; in the order in which it is gathered, what takes seconds first. */
export const PARTS = [
  ...["lint", "types", "secrets", "blockers", "performance", "audit", "builds", "scan", "unit", "schema", "endToEnd"],
] as const satisfies readonly PartName[];
export type PartName =
  | "builds"
  | Exclude<keyof Evidence, "version" | "commit" | "changedFiles" | "createdAt" | "stack" | "images" | "builds">;

export interface Wish {
  readonly stack: string;
  /** @default every part */
  readonly only?: readonly PartName[] | undefined;
  /** `postgres://…` that the migrations are held against. @default the running estate's */
  readonly database?: string | undefined;
  readonly blockers: string;
  /** What `npm run bench -- --json` wrote. */
  readonly bench?: string | undefined;
  /** Files that do not count as changed: evidence about a commit cannot be in it. */
  readonly except: readonly string[];
}

const TITLES: Readonly<Record<PartName, readonly [title: string, typical: string]>> = {
  lint: ["lint", "seconds"],
  types: ["types", "half a minute"],
  secrets: ["secrets in the files that git knows", "seconds"],
  blockers: ["open blockers", "at once"],
  performance: ["performance budgets", "at once"],
  audit: ["known vulnerabilities of npm packages", "seconds"],
  builds: ["images of the team's programs", "seconds, minutes at the first time"],
  scan: ["known vulnerabilities in the images", "up to a minute"],
  unit: ["unit tests", "half a minute"],
  schema: ["migrations against a real Postgres", "seconds"],
  endToEnd: ["end-to-end tests", "a minute"],
};

/**
 * Run every tool and keep what it says. A tool that does not run leaves its part "not done", with the tool's words; the others go on.
 * @throws Problem where there is no commit that evidence could be about
 */
export async function gather(wish: Wish): Promise<Evidence> {
  const project = readProject(wish.stack);
  const { root } = project;
  const commit = await headCommit(root);
  if (commit === undefined)
    throw new Problem("There is no commit here that evidence could be about. Run this in a git checkout that has one.");
  const throwaway = new Throwaway();
  let engine: Promise<Docker> | undefined;
  const world: World = {
    ...{ project, root, throwaway },
    docker: () => {
      engine ??= findDocker();
      return engine;
    },
  };
  // The programs that are started from here belong to this run.
  process.env.SLUICE_EVIDENCE_RUN = thisRun();
  const clean = async () => {
    await throwaway.remove();
    const docker = await engine?.catch(() => undefined);
    if (docker) await sweepOwn(docker).catch(() => undefined);
  };
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    say(`\n${signal}: what was started is removed`);
    void endTools()
      .then(clean)
      .finally(() => process.exit(130));
  };
  // Not `once`: execa ends the process itself when it finds that nobody but it listens.
  // SIGHUP too: the tools are no longer of the terminal that is closed.
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    await prepareImages();
    return await look(world, wish, commit);
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    await clean();
  }
}

async function look(world: World, wish: Wish, commit: string): Promise<Evidence> {
  const part = <T>(name: PartName, work: () => Promise<T>) => attempt(name, wish.only, work);
  const done = {
    lint: await part("lint", () => lint(world)),
    types: await part("types", () => types(world)),
    secrets: await part("secrets", () => secrets(world)),
    blockers: await part("blockers", () => blockers(world, wish.blockers)),
    performance: await part("performance", () => performance(world, wish.bench)),
    audit: await part("audit", () => audit(world)),
  };
  const built = await part("builds", () => builds(world));
  const images = Array.isArray(built) ? built : [];
  // What does not fit the form could be signed, and be refused by every reader.
  return Evidence.parse({
    version: 1,
    commit,
    changedFiles: await changedFiles(world.root, wish.except),
    createdAt: new Date().toISOString(),
    stack: wish.stack,
    images: imagesOf(world.project.settings),
    builds: images,
    scan: await part("scan", () => scan(world, images)),
    unit: await part("unit", () => unit(world)),
    schema: await part("schema", () => schema(world, wish.database)),
    endToEnd: await part("endToEnd", () => endToEnd(world)),
    ...done,
  } satisfies Evidence);
}

/** What ends a run early. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

type NotDone = { status: "not done"; why: string };

async function attempt<T>(name: PartName, only: readonly PartName[] | undefined, work: () => Promise<T>): Promise<T | NotDone> {
  if (only && !only.includes(name)) return { status: "not done", why: "it was not asked for (--only)" };
  const [title, typical] = TITLES[name];
  const progress = step(title, typical);
  try {
    const result = await work();
    progress.done();
    return result;
  } catch (error) {
    const why = (error instanceof Error ? error.message : String(error)).trim().slice(0, 1900) || "it failed without a word";
    progress.failed(`not done: ${why}`);
    return { status: "not done", why };
  }
}

async function findDocker(): Promise<Docker> {
  const { host } = await ensureDocker({ install: false });
  const docker = new Docker(host);
  await sweepDead(docker);
  await ensureDebian({ user: OWN, host });
  return docker;
}
