import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { LINK_PACKAGES, PACKAGES } from "../../../estate/prepare/packages.ts";
import { findProgram, installPackages } from "../../../toolchain/apt.ts";
import { cacheKey, cacheRoot } from "../../../toolchain/cache.ts";
import { step } from "../../../toolchain/say.ts";

/** Debian 13's systemd does not start where control groups are of version 1. */
const SUITE = "bookworm";

/** What a provider's bare machine has: it starts, it is reached by ssh, and apt works. */
const BARE = ["systemd", "systemd-sysv", "dbus", "openssh-server", "ca-certificates", "iproute2", "procps", "libpam-systemd"];

/** Raise it when what is below makes another image. */
const RECIPE = 3;

/**
 * The image of a bare Debian 12 machine with systemd and sshd: no Docker, no user but root, nothing prepared.
 *
 * The packages that `host prepare` installs lie in apt's cache, as they would beside a near mirror: what is shown is that they are installed
 * and set up, not how fast Debian's mirrors are.
 *
 * @returns its name
 */
export function ensureVpsImage(): Promise<string> {
  made ??= ensureImage();
  return made;
}

/** Machines that start side by side wait for one image. */
let made: Promise<string> | undefined;

async function ensureImage(): Promise<string> {
  const key = cacheKey([SUITE, `${RECIPE}`, ...BARE, ...PACKAGES, ...LINK_PACKAGES]);
  const image = `sluice-test/vps:${key}`;
  if (!(await execa("docker", ["image", "inspect", image], { reject: false })).failed) return image;
  const tarball = await ensureVpsTarball(key);
  await execa("docker", ["import", "--change", 'CMD ["/sbin/init"]', tarball, image]);
  return image;
}

/** Its file system, made once per machine with debootstrap. */
export async function ensureVpsTarball(key: string): Promise<string> {
  const folder = join(cacheRoot(), "vps");
  const tarball = join(folder, `${SUITE}-${process.arch}-${key}.tar`);
  const there = await access(tarball).then(
    () => true,
    () => false,
  );
  if (there) return tarball;
  await installPackages("debootstrap", [{ package: "debootstrap", has: "debootstrap" }]);
  const making = step("making a bare Debian 12 machine for tests", "one to three minutes, once");
  const root = await mkdtemp(join(tmpdir(), "sluice-vps-"));
  try {
    const debootstrap = (await findProgram("debootstrap")) ?? "debootstrap";
    await execa(debootstrap, ["--variant=minbase", `--include=${BARE.join(",")}`, SUITE, root], { stdin: "ignore" });
    await furnish(root);
    await mkdir(folder, { recursive: true });
    for (const old of await readdir(folder)) await rm(join(folder, old), { force: true });
    const working = `${tarball}.making-${process.pid}`;
    await execa("tar", [
      "-C",
      root,
      "--numeric-owner",
      ...["dev", "proc", "sys"].map((name) => `--exclude=./${name}/*`),
      "-cf",
      working,
      ".",
    ]);
    await rename(working, tarball);
  } catch (error) {
    making.failed();
    throw error;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  making.done();
  return tarball;
}

/** What is in every provider's image and in no debootstrap: the sources of updates, an sshd that starts, no keys that others have as well. */
async function furnish(root: string): Promise<void> {
  const archive = "http://deb.debian.org/debian";
  const sources = [`${archive} ${SUITE} main`, `${archive} ${SUITE}-updates main`, `${archive}-security ${SUITE}-security main`];
  await writeFile(join(root, "etc/apt/sources.list"), sources.map((source) => `deb ${source}\n`).join(""));
  await writeFile(join(root, "etc/hostname"), "vps\n");
  // Who signed in, and what was started: tests count it.
  await writeFile(join(root, "etc/ssh/sshd_config.d/90-test.conf"), "LogLevel VERBOSE\nUseDNS no\n");
  // Consoles and devices belong to a real machine; a container has none.
  for (const unit of ["getty.target", "console-getty.service", "systemd-udevd.service", "systemd-udev-trigger.service"])
    await execa("ln", ["-sf", "/dev/null", join(root, "etc/systemd/system", unit)]);
  const inside = (...words: string[]) => execa("chroot", [root, ...words], { env: { DEBIAN_FRONTEND: "noninteractive" }, stdin: "ignore" });
  await inside("apt-get", "update", "-qq");
  await inside("apt-get", "install", "-qq", "-y", "--no-install-recommends", "--download-only", ...PACKAGES, ...LINK_PACKAGES);
  await inside("sh", "-c", "rm -f /etc/ssh/ssh_host_* /usr/sbin/policy-rc.d /etc/machine-id; : > /etc/machine-id");
}
