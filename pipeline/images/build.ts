import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Docker } from "../../estate/docker.ts";
import { buildImage, OWN, toolImage } from "../../evidence/images.ts";
import { prepareImages, rolesOf } from "../../images/prepare.ts";
import { buildRecord } from "../../images/record.ts";
import { ensureDebian } from "../../toolchain/debian.ts";
import { ensureDocker } from "../../toolchain/docker.ts";
import { step } from "../../toolchain/say.ts";
import { differences, listing } from "./contents.ts";
import { Crane } from "./crane.ts";
import type { Role } from "./publish.ts";

/** Stands under all others and runs nowhere: it is not published. */
const BASE = "base";

const contextOf = (role: string): string => `images/${role}`;

/** Every role that is published, with what its image is made of. */
export async function allRoles(root = process.cwd()): Promise<Role[]> {
  await prepareImages();
  return rolesOf(root)
    .filter((role) => role !== BASE)
    .sort()
    .map((role) => ({ role, content: buildRecord(contextOf(role)).hash.slice(0, 12) }));
}

/** A builder on this machine's Docker engine; the engine and the Debian base are looked for when it is first asked. */
export function builder(folder: string): (role: Role) => Promise<string> {
  let engine: Promise<Docker> | undefined;
  return async ({ role }) => {
    engine ??= readyDocker();
    const docker = await engine;
    const building = step(`building ${role}`, "up to some minutes");
    const id = await buildImage(docker, contextOf(role));
    await mkdir(folder, { recursive: true });
    const tarball = join(folder, `${role}.tar`);
    await docker.run(["save", "--output", tarball, id]);
    building.done();
    return tarball;
  };
}

async function readyDocker(): Promise<Docker> {
  await ensureDocker();
  await ensureDebian({ user: OWN });
  return new Docker(process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock");
}

/**
 * Build a role twice from nothing, on the same base, and compare every file.
 * @returns where the two differ
 */
export async function reproduce(role: string): Promise<string[]> {
  const docker = await readyDocker();
  const crane = await Crane.make();
  const base = await toolImage(docker, contextOf(BASE));
  const { hash: _, ...about } = buildRecord(contextOf(role));
  const labels = Object.entries(about).flatMap(([key, value]) => ["--build-arg", `${key.toUpperCase()}=${value}`]);
  const folder = await mkdtemp(join(tmpdir(), "sluice-reproduce-"));
  try {
    const listings: Map<string, string>[] = [];
    for (const time of ["first", "second"]) {
      const building = step(`building ${role} from nothing, ${time} time`, "up to some minutes");
      const args = ["build", "--quiet", "--no-cache", "--network", "host", "--force-rm", "--build-arg", `BASE=${base}`, ...labels];
      const id = (await docker.run([...args, contextOf(role)])).trim();
      const tarball = join(folder, `${time}.tar`);
      await docker.run(["save", "--output", tarball, id]);
      await docker.try(["image", "rm", id]);
      await crane.files(tarball, join(folder, `${time}.files`));
      listings.push(await listing(join(folder, `${time}.files`)));
      building.done();
    }
    const [first = new Map(), second = new Map()] = listings;
    return differences(first, second);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
