import { basename, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { ensureGoTool } from "../../toolchain/go-tool.ts";
import { Problem } from "../../toolchain/problem.ts";

const MODULE = join(import.meta.dirname, "go");

/** The tool on PATH, else one that is built from its pins. */
async function tool(name: "syft" | "grype"): Promise<string> {
  const there = await execa(name, ["version"], { reject: false, stdin: "ignore" });
  if (!there.failed) return name;
  return ensureGoTool({
    module: MODULE,
    program: `github.com/anchore/${name}/cmd/${name}`,
    typical: "some minutes, once for this machine",
  });
}

/** List everything in the image of a tarball, as CycloneDX JSON. */
export async function listParts(tarball: string): Promise<string> {
  return run(await tool("syft"), ["scan", `docker-archive:${tarball}`, "--output", "cyclonedx-json", "--quiet"]);
}

/** Look for known vulnerabilities in what is on a list. @returns grype's report @throws Problem also where it has no data to look them up in */
export async function findVulnerabilities(bom: string): Promise<unknown> {
  return JSON.parse(await run(await tool("grype"), [`sbom:${bom}`, "--output", "json"]));
}

async function run(program: string, args: readonly string[]): Promise<string> {
  const { failed, stdout, stderr } = await execa(program, args, { reject: false, stdin: "ignore", maxBuffer: 512 * 1024 * 1024 });
  if (!failed) return stdout;
  const said = stripVTControlCharacters(stderr).trim().split("\n").slice(-2).join("; ");
  throw new Problem(`${basename(program)} did not work, so nothing is said to be clean: ${said || "it gave no reason"}`);
}
