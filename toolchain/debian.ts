import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { findProgram, installPackages, isDebianRoot } from "./apt.ts";
import { cacheRoot } from "./cache.ts";
import { take } from "./debian-users.ts";
import { Problem } from "./problem.ts";
import { say, step } from "./say.ts";

/** The local name of the base that every image of Sluice is built on. */
export const DEBIAN_IMAGE = "sluice/debian:13";

/** Raise it when what is below makes another image: the cached one is then made anew. */
const RECIPE = 1;

const UPSTREAM = "debian:trixie-slim";
const SUITE = "trixie";

/** How long a registry may take to answer before it counts as not there. */
const PROBE_MILLISECONDS = 5000;

export interface DebianOptions {
  /** Who builds on it: an estate, or a tool that has images of its own. It stays until its last user lets it go. */
  readonly user: string;
  /** Docker engine to put it into; default: the one that the `docker` command uses. */
  readonly host?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Make sure that the Debian 13 base image is there, and stays there for its user: pulled where a registry answers, else made from
 * Debian's own packages.
 *
 * @throws Problem when neither works, with what to do
 */
export async function ensureDebian({ user, host, env = process.env }: DebianOptions): Promise<void> {
  const options = { env: host === undefined ? {} : { DOCKER_HOST: host }, stdin: "ignore", reject: false } as const;
  const docker = async (args: readonly string[]) => !(await execa("docker", args, options)).failed;
  await take(docker, user, DEBIAN_IMAGE, (name) => obtain(name, options, env));
}

/** Get the image under this name, into the engine that the options say. */
async function obtain(
  name: string,
  options: { readonly env: NodeJS.ProcessEnv; readonly stdin: "ignore"; readonly reject: false },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  // What cannot be pulled is known before minutes are spent on it: a manifest is a few kilobytes.
  const asked = await execa("docker", ["manifest", "inspect", UPSTREAM], { ...options, timeout: PROBE_MILLISECONDS });
  if (!asked.failed) {
    const progress = step(`pulling ${UPSTREAM} for ${DEBIAN_IMAGE}`, "30 MB");
    const pulled = await execa("docker", ["pull", "--quiet", UPSTREAM], options);
    if (!pulled.failed && !(await execa("docker", ["tag", UPSTREAM, name], options)).failed) return progress.done();
    progress.failed(pulled.stderr.trim());
  } else {
    say("no image registry answers from here: the Debian base is made from Debian's packages");
  }

  const tarball = join(cacheRoot(env), "debian", `${SUITE}-${process.arch}-${RECIPE}.tar`);
  if (!(await exists(tarball))) await makeTarball(tarball);
  const progress = step(`importing ${DEBIAN_IMAGE}`);
  const imported = await execa(
    "docker",
    [
      "import",
      ...["--change", 'CMD ["/bin/bash"]'],
      ...["--change", "LABEL dev.sluice.base=debootstrap"],
      ...["--message", `Debian ${SUITE}, minbase, made with debootstrap`],
      tarball,
      name,
    ],
    options,
  );
  if (imported.failed) {
    progress.failed();
    throw new Problem(`The Debian base could not be imported into Docker: ${imported.stderr.trim()}`);
  }
  progress.done();
}

/** What a base image does not need: it is fetched again, or is read by nobody. */
const STRIP = [
  ...["var/lib/apt/lists", "var/cache/apt", "var/cache/debconf", "var/cache/ldconfig", "var/log", "tmp", "run"],
  ...["usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian", "usr/share/groff", "usr/share/linda"],
];

async function makeTarball(target: string): Promise<void> {
  if (!(await isDebianRoot())) {
    throw new Problem(
      `The base image ${DEBIAN_IMAGE} is missing, no image registry answers, and it can be made only on Debian or Ubuntu as root. On a machine that reaches a registry: docker pull ${UPSTREAM} && docker save ${UPSTREAM} -o debian.tar; here: docker load -i debian.tar && docker tag ${UPSTREAM} ${DEBIAN_IMAGE}`,
    );
  }
  await installPackages("debootstrap", [{ package: "debootstrap", has: "debootstrap" }]);
  const progress = step("making a Debian 13 base with debootstrap", "half a minute to two");
  const folder = await mkdtemp(join(tmpdir(), "sluice-debian-"));
  try {
    const debootstrap = (await findProgram("debootstrap")) ?? "debootstrap";
    const made = await execa(debootstrap, ["--variant=minbase", SUITE, folder], { stdin: "ignore", reject: false });
    if (made.failed) throw new Problem(`debootstrap failed:\n${`${made.stdout}\n${made.stderr}`.trim().split("\n").slice(-8).join("\n")}`);
    await slim(folder);
    await mkdir(join(target, ".."), { recursive: true });
    const working = `${target}.making-${process.pid}`;
    await execa("tar", [
      "-C",
      folder,
      "--numeric-owner",
      "--exclude=./dev/*",
      "--exclude=./proc/*",
      "--exclude=./sys/*",
      "-cf",
      working,
      ".",
    ]);
    await rename(working, target);
  } catch (error) {
    progress.failed();
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  progress.done();
}

/** Leave out what STRIP lists, now and in what is installed on top later. The folders stay: programs expect them. */
async function slim(folder: string): Promise<void> {
  for (const path of STRIP) {
    await rm(join(folder, path), { recursive: true, force: true });
    await mkdir(join(folder, path), { recursive: true });
  }
  await execa("chmod", ["1777", join(folder, "tmp")]);
  for (const list of ["var/lib/apt/lists/partial", "var/cache/apt/archives/partial"]) await mkdir(join(folder, list), { recursive: true });
  const excludes = ["doc", "man", "info", "locale", "lintian"].map((name) => `path-exclude /usr/share/${name}/*`);
  await writeFile(join(folder, "etc/dpkg/dpkg.cfg.d/sluice"), `${[...excludes, "path-include /usr/share/doc/*/copyright"].join("\n")}\n`);
  await writeFile(join(folder, "etc/apt/apt.conf.d/sluice"), 'APT::Install-Recommends "false";\nAcquire::Languages "none";\n');
  // As in the published image: security updates and point updates too.
  const archive = "http://deb.debian.org/debian";
  const sources = [`${archive} ${SUITE} main`, `${archive} ${SUITE}-updates main`, `${archive}-security ${SUITE}-security main`];
  await writeFile(join(folder, "etc/apt/sources.list"), sources.map((source) => `deb ${source}\n`).join(""));
  // Services are not started inside an image build.
  await writeFile(join(folder, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
