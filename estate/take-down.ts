import { LABEL } from "../components/host/labels.ts";
import { cacheRoot } from "../toolchain/cache.ts";
import { DEBIAN_IMAGE } from "../toolchain/debian.ts";
import { letGo } from "../toolchain/debian-users.ts";
import type { Engine } from "../toolchain/engine.ts";
import { clearStaleLock } from "../toolchain/lock.ts";
import { Problem } from "../toolchain/problem.ts";
import { runPulumi } from "../toolchain/pulumi.ts";
import { say } from "../toolchain/say.ts";
import { clearUp, readCheckpoint } from "./clear-up.ts";
import type { Docker } from "./docker.ts";
import type { Engines } from "./fleet.ts";
import { records } from "./orphans.ts";
import type { Project } from "./project.ts";
import { Registry } from "./registry.ts";

/**
 * End an estate: everything it made on the host goes, but for the data of its stores (and its images, for a quick next start)
 * unless `data` is said.
 * @throws Problem when another run is at work, another checkout runs it, or its data is protected and `data` is asked for
 */
export async function takeDown(project: Project, engines: Engines, engine: Engine, { data }: { readonly data: boolean }): Promise<void> {
  const { root, stack, settings } = project;
  if (data && settings.protectData) {
    throw new Problem(
      [
        `The data of '${settings.name}' is protected (sluice:protectData is true); it is not removed.`,
        `If you are sure: npm run pulumi -- config set --stack ${stack} 'sluice:protectData' --type bool false, then up, then this again.`,
      ].join("\n"),
    );
  }
  await runPulumi(engine, ["stack", "select", "--create", stack], { stdio: "quiet" });
  await clearStaleLock(project, engine);
  const checkpoint = await readCheckpoint(engine, stack);
  const holder = new Registry(cacheRoot()).holder(settings.name);
  if (!records(checkpoint, "docker:index/network:Network") && holder && holder.checkout !== root) {
    throw new Problem(
      `'${settings.name}' is not run from here but from ${holder.checkout} (started by ${holder.user} at ${holder.since}).\nEnd it there: npm stop`,
    );
  }
  await clearUp(project, engines, engine, checkpoint);
  const keep = settings.protectData ? ["--exclude-protected"] : [];
  const code = await runPulumi(engine, ["destroy", "--stack", stack, "--yes", "--skip-preview", ...keep], { stdio: "inherit" });
  if (code !== 0) throw new Problem("The estate is not down: the reason is above. Mend it and run this again.");

  for (const docker of engines.all) await sweep(docker, settings.name, data);
  new Registry(cacheRoot()).release(settings.name);
}

/** Remove what carries the estate's label and no state knows of (a dead run's remains), and, when asked, data and images. */
async function sweep(docker: Docker, estate: string, data: boolean): Promise<void> {
  for (const id of await docker.list("container", estate)) await docker.try(["container", "rm", "--force", "--volumes", id]);
  for (const id of await docker.list("network", estate)) await docker.try(["network", "rm", id]);
  const volumes = await docker.run([
    "volume",
    "ls",
    "--format",
    `{{.Name}} {{.Label "${LABEL.role}"}}`,
    "--filter",
    `label=${LABEL.estate}=${estate}`,
  ]);
  for (const line of volumes.split("\n").filter(Boolean)) {
    const [name = "", role] = line.split(" ");
    if (data || role !== "data") await docker.try(["volume", "rm", name]);
  }
  if (!data) return;
  say("Removing the estate's images…");
  const tags = await docker.run(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `label=${LABEL.estate}=${estate}`]);
  const own = tags.split("\n").filter((tag) => tag.startsWith(`${estate}/`));
  // The image that others are built on goes last.
  for (const tag of own.sort((a, b) => Number(a.includes("/base:")) - Number(b.includes("/base:")))) await docker.try(["image", "rm", tag]);
  await letBaseGo(docker, estate);
}

/** Let go of the base that images are built on; its last user takes it along, with what builds have left. @param user as the base was asked for */
export async function letBaseGo(docker: Docker, user: string): Promise<void> {
  const built = async () => (await docker.run(["image", "ls", "--quiet", "--filter", `label=${LABEL.estate}`])).trim() !== "";
  if (!(await letGo(docker, user, DEBIAN_IMAGE, built))) return;
  // Nobody else builds on these.
  const stages = (await docker.run(["image", "ls", "--all", "--quiet", "--filter", `label=${LABEL.stage}`])).split("\n").filter(Boolean);
  for (const id of new Set(stages)) await docker.try(["image", "rm", "--force", id]);
}
