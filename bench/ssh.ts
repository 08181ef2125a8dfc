import { execa } from "execa";
import { changes, type Json, type Outcome, Project } from "../test/support/project.ts";
import { Vps } from "../test/support/vps/vps.ts";
import { Problem } from "../toolchain/problem.ts";
import { withEstate } from "./estate.ts";
import { type Figure, median, pairedRatio, spread } from "./figures.ts";
import type { Part } from "./part.ts";

const ROLES = ["edge", "web"] as const;
const tagOf = (role: string): string => `bench-ssh/${role}:1`;

/** What an `up` costs when the host is reached by ssh: the same small estate, here and on a machine of its own, in turn within each round. */
export const ssh: Part = {
  name: "ssh",
  title: "npm run pulumi -- up with nothing changed: over ssh, against here",
  typical: "6 minutes",
  async measure({ quick }) {
    return withEstate("ssh", "10.243.0.0/16", small("build"), async (here) => {
      for (const role of ROLES) await here.docker.run(["tag", await builtImage(here, role), tagOf(role)]);
      try {
        await here.configure(small("image"));
        done(await here.up());
        return await withFarEstate((there, vps) => compare(here, there, vps, quick ? 3 : 11));
      } finally {
        await here.docker.try(["image", "rm", ...ROLES.map(tagOf)]);
      }
    });
  },
};

/** Edge and one service, nothing else. */
const small =
  (from: "build" | "image") =>
  (config: Record<string, Json>): void => {
    for (const key of ["sluice:postgres", "sluice:redis", "sluice:monitoring", "sluice:rollout"]) delete config[key];
    const source = (role: string) => (from === "image" ? { image: tagOf(role) } : { build: `images/${role}` });
    config["sluice:edge"] = { ...(config["sluice:edge"] as object), ...source("edge") };
    if (from === "image") delete (config["sluice:edge"] as { build?: Json }).build;
    const slot = (release: string) => ({ ...source("web"), release });
    config["sluice:services"] = { web: { route: "/", port: 3000, health: "/health", blue: slot("v1"), green: slot("v2") } };
  };

async function builtImage({ docker, estate }: Project, role: string): Promise<string> {
  const found = (await docker.run(["image", "ls", "--quiet", "--filter", `reference=${estate}/${role}`])).split("\n")[0];
  if (!found) throw new Problem(`'${estate}' has no image of ${role}`);
  return found;
}

/** The same estate on a test machine that was prepared for it; both are gone at the end. */
async function withFarEstate<T>(work: (there: Project, vps: Vps) => Promise<T>): Promise<T> {
  const vps = await Vps.start("bench");
  const agent = await vps.agent();
  const there = await Project.make("bench-far", "10.244.0.0/16");
  try {
    Object.assign(there.env, agent.env);
    const hostKey = await vps.hostKey();
    await there.configure(small("image"));
    await there.configure((config) => (config["sluice:host"] = { docker: vps.url(), hostKeys: [hostKey], subnet: there.subnet }));
    done(await there.script("host", "prepare", `root@127.0.0.1:${vps.port}`, "--stack", "dev", "--yes"));
    await execa("sh", ["-c", `docker save ${ROLES.map(tagOf).join(" ")} | docker exec -i ${vps.name} docker load --quiet`]);
    done(await there.pulumi("stack", "select", "--create", "dev"));
    done(await there.up());
    return await work(there, vps);
  } finally {
    agent.stop();
    await vps.remove();
    await there.forget();
  }
}

async function compare(here: Project, there: Project, vps: Vps, rounds: number): Promise<Figure[]> {
  const seconds = { here: [] as number[], there: [] as number[], first: [] as number[] };
  const opened = { connections: [] as number[], sessions: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const local = unchanged(await here.up());
    // One that has to sign in, and one right after it.
    await vps.cut();
    const before = await vps.signed();
    const first = unchanged(await there.up());
    const between = await vps.signed();
    const second = unchanged(await there.up());
    if (round === 0) continue; // it warms caches
    seconds.here.push(local);
    seconds.first.push(first);
    seconds.there.push(second);
    opened.connections.push(between.connections - before.connections);
    opened.sessions.push(between.sessions - before.sessions);
  }
  const figure = (name: string, values: readonly number[], unit: string): Figure => ({
    name,
    value: median(values),
    unit,
    note: spread(values),
  });
  const target = "to be at most 2";
  return [
    figure("here", seconds.here, "s"),
    figure("over ssh, signing in", seconds.first, "s"),
    figure("over ssh, the connection is open", seconds.there, "s"),
    { name: "signing in, against here", value: pairedRatio(seconds.first, seconds.here), unit: "×", note: target },
    { name: "connection open, against here", value: pairedRatio(seconds.there, seconds.here), unit: "×", note: target },
    figure("ssh connections of an up", opened.connections, ""),
    figure("ssh sessions of an up, over them", opened.sessions, ""),
  ];
}

function unchanged(up: Outcome): number {
  done(up);
  const { unchanged: _, ...others } = changes(up.text);
  if (Object.keys(others).length > 0) throw new Error(`an up with nothing to do did something:\n${up.text}`);
  return up.seconds;
}

function done({ exitCode, text }: Outcome): void {
  if (exitCode !== 0) throw new Error(text);
}
