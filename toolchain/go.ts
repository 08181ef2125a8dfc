import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { Problem } from "./problem.ts";
import { isAtLeast } from "./versions.ts";

/** The Go version that a `go.mod` asks for, e.g. `1.25.8`. */
export function goDirective(goMod: string): string {
  return /^go (\S+)$/m.exec(goMod)?.[1] ?? "0";
}

/** What `go` on this machine can do; nothing when there is none. */
export interface InstalledGo {
  /** e.g. `1.26.8`. */
  readonly version: string;
  /** Whether it may fetch a newer Go by itself (1.21 and later, unless `GOTOOLCHAIN` forbids it). */
  readonly fetches: boolean;
}

/** Words for a machine whose Go cannot build the engine; nothing when it can. */
export function goProblem(needed: string, installed: InstalledGo | undefined, platform: string, arch: string): string | undefined {
  if (installed !== undefined && (isAtLeast(installed.version, needed) || installed.fetches)) return undefined;
  const found = installed === undefined ? "none is installed" : `this machine has ${installed.version}`;
  const tarball = `go${needed}.${platform}-${arch === "x64" ? "amd64" : arch}.tar.gz`;
  return [
    `Building the engine from source needs Go ${needed} or later; ${found}. Install it:`,
    "  Debian 13, Ubuntu 24.04 and later:  sudo apt-get install -y golang-go   (it fetches the rest of the way by itself)",
    `  any Linux:  curl -fsSLO https://go.dev/dl/${tarball} && sudo tar -C /usr/local -xzf ${tarball} && export PATH=/usr/local/go/bin:$PATH`,
    "  macOS:  brew install go",
    "Or let the official engine be downloaded: SLUICE_ENGINE=official.",
  ].join("\n");
}

/**
 * Make sure that these modules can be built.
 *
 * @param goMods paths of their `go.mod` files
 * @throws Problem with what to install
 */
export async function requireGo(goMods: readonly string[]): Promise<InstalledGo> {
  const needed = (await Promise.all(goMods.map(async (file) => goDirective(await readFile(file, "utf8"))))).reduce((a, b) =>
    isAtLeast(a, b) ? a : b,
  );
  const installed = await findGo();
  const problem = goProblem(needed, installed, process.platform, process.arch);
  if (problem !== undefined || installed === undefined) throw new Problem(problem ?? "Go is not installed.");
  return installed;
}

async function findGo(): Promise<InstalledGo | undefined> {
  // GOTOOLCHAIN=local: the version that is installed, not the one that a go.mod near the current folder asks for.
  const asked = await execa("go", ["env", "GOVERSION"], { env: { GOTOOLCHAIN: "local" }, reject: false });
  if (asked.failed) return undefined;
  const version = asked.stdout.trim().replace(/^go/, "");
  const policy = await execa("go", ["env", "GOTOOLCHAIN"], { reject: false });
  return { version, fetches: isAtLeast(version, "1.21") && policy.stdout.trim() !== "local" };
}
