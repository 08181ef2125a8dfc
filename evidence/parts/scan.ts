import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { z } from "zod";
import type { Docker } from "../../estate/docker.ts";
import type { Evidence } from "../schema.ts";
import { lastWords, parseJson, runTool, type World } from "../world.ts";

type Scan = Exclude<Evidence["scan"], { status: string }>;
type Found = Scan["found"];

const Grype = z.object({ matches: z.array(z.object({ vulnerability: z.object({ severity: z.string() }) })) });
const Trivy = z.object({
  Results: z.array(z.object({ Vulnerabilities: z.array(z.object({ Severity: z.string() })).nullish() })).nullish(),
});

/** Both scanners' words for a severity. One that nobody has judged yet counts as low: it is there. */
const SEVERITIES: Readonly<Record<string, keyof Found>> = { critical: "critical", high: "high", medium: "moderate" };

function tally(severities: readonly string[]): Found {
  const found = { critical: 0, high: 0, moderate: 0, low: 0 };
  for (const severity of severities) found[SEVERITIES[severity.toLowerCase()] ?? "low"]++;
  return found;
}

/** `grype -o json`. */
export const parseGrype = (text: string): Found =>
  tally(Grype.parse(parseJson(text, "grype")).matches.map(({ vulnerability }) => vulnerability.severity));

/** `trivy image --format json`; it leaves out what is empty. */
export const parseTrivy = (text: string): Found =>
  tally(
    (Trivy.parse(parseJson(text, "trivy")).Results ?? []).flatMap(({ Vulnerabilities }) =>
      (Vulnerabilities ?? []).map(({ Severity }) => Severity),
    ),
  );

interface Scanner {
  readonly program: string;
  readonly args: (image: string) => readonly string[];
  readonly parse: (text: string) => Found;
}

const SCANNERS: readonly Scanner[] = [
  { program: "grype", args: (image) => ["--quiet", "--output", "json", `docker:${image}`], parse: parseGrype },
  { program: "trivy", args: (image) => ["image", "--quiet", "--format", "json", image], parse: parseTrivy },
];

/** Known vulnerabilities in the images that were just built. Without a scanner, or without its data, nothing is said to be clean. */
export async function scan({ root, docker }: World, built: Evidence["builds"]): Promise<Scan> {
  const scanner = await first(SCANNERS, ({ program }) => isOnPath(program));
  if (!scanner) throw new Error("neither grype nor trivy is on PATH: the images were not scanned");
  const images = built.flatMap(({ image }) => image ?? []);
  if (images.length === 0) throw new Error("no image was built that could be scanned");
  const engine = await docker();
  const found = { critical: 0, high: 0, moderate: 0, low: 0 };
  let packages = 0;
  for (const image of images) {
    const ran = await runTool(root, scanner.program, scanner.args(image));
    if (ran.exitCode !== 0) throw new Error(`${scanner.program}: ${lastWords(ran)}`);
    const own = scanner.parse(ran.stdout);
    for (const key of Object.keys(found) as (keyof Found)[]) found[key] += own[key];
    packages += await packagesIn(engine, image);
  }
  return { found, packages, tool: scanner.program };
}

/** Every image of this project carries the list of its packages; one without it says so by 0. */
async function packagesIn(docker: Docker, image: string): Promise<number> {
  const args = ["run", "--rm", "--network", "none", "--entrypoint", "cat", image, "/usr/share/sluice/packages.txt"];
  const list = await docker.run(args).catch(() => "");
  return list.split("\n").filter((line) => line !== "").length;
}

async function isOnPath(program: string): Promise<boolean> {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}

async function first<T>(list: readonly T[], holds: (one: T) => Promise<boolean>): Promise<T | undefined> {
  for (const one of list) if (await holds(one)) return one;
  return undefined;
}
