import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { Problem } from "./problem.ts";
import { step } from "./say.ts";

/** Whether packages can be installed without asking anybody: Debian or Ubuntu, as root. */
export async function isDebianRoot(): Promise<boolean> {
  return process.getuid?.() === 0 && (await canRead("/etc/debian_version")) && (await findProgram("apt-get")) !== undefined;
}

/**
 * Install Debian packages, those of them whose program is missing.
 *
 * @param what in words, for the person: "the Docker engine"
 * @throws Problem with apt's words when it fails
 */
export async function installPackages(what: string, wanted: readonly { readonly package: string; readonly has: string }[]): Promise<void> {
  const missing: string[] = [];
  for (const one of wanted) if ((await findProgram(one.has)) === undefined) missing.push(one.package);
  if (missing.length === 0) return;
  const progress = step(`installing ${what} (apt-get install ${missing.join(" ")})`, "half a minute to two");
  const env = {
    DEBIAN_FRONTEND: "noninteractive",
    // The engine is started below, in one way on every machine; the package's own service may not start, as nothing may be there to run it.
    RUNLEVEL: "1",
  };
  const options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold"];
  const apt = (args: readonly string[]) => execa("apt-get", args, { env, stdin: "ignore", reject: false });
  let result = await apt(["install", ...options, ...missing]);
  if (result.failed) {
    // Package lists may be missing or old; they are fetched only when that is in the way.
    await apt(["update", "-o", "DPkg::Lock::Timeout=300"]);
    result = await apt(["install", ...options, ...missing]);
  }
  if (result.failed) {
    progress.failed();
    throw new Problem(`apt-get could not install ${missing.join(", ")}:\n${result.stderr.trim().split("\n").slice(-8).join("\n")}`);
  }
  progress.done();
}

/** Where a program is, on PATH or in the folders of system programs that an ordinary PATH leaves out. */
export async function findProgram(name: string): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? "").split(":"), "/usr/local/sbin", "/usr/sbin", "/sbin"]) {
    const file = join(folder, name);
    if (folder !== "" && (await canRun(file))) return file;
  }
  return undefined;
}

async function canRun(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function canRead(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
