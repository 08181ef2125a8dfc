import { appendFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import Table from "cli-table3";
import { Command, Option } from "commander";
import { execa } from "execa";
import { auditFindings, type Finding, grypeFindings, judge, parseAccepted, SEVERITIES, type Severity } from "../pipeline/scan/findings.ts";
import { findVulnerabilities, listParts } from "../pipeline/scan/tools.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import { main } from "./main.ts";

const ACCEPTED = "pipeline/scan/accepted.json";

const level = () => new Option("--level <severity>", "what stops this, or anything worse").choices(SEVERITIES).default("high");

const program = new Command("npm run scan --").description(
  `Parts lists (SBOM) and known vulnerabilities. What stops it is not in ${ACCEPTED}, and of images it has a mend; the rest is told.`,
);
program
  .command("audit")
  .description("packages of the lock file, as the npm registry knows them; exit code 1 when something must be mended")
  .addOption(level())
  .action(({ level }: { level: Severity }) => main(async () => verdict(auditFindings(await npmAudit()), level, "packages")));
program
  .command("sbom")
  .description("write the parts list of this project's packages: sources.cdx.json, CycloneDX")
  .requiredOption("--out <folder>", "where it goes")
  .action(({ out }: { out: string }) =>
    main(async () => {
      const bom = await npmSbom();
      await mkdir(out, { recursive: true });
      await writeFile(join(out, "sources.cdx.json"), bom.text);
      say(`${join(out, "sources.cdx.json")} lists ${bom.parts} packages.`);
    }),
  );
program
  .command("images <folder>")
  .description("parts list and vulnerabilities of every image tarball in a folder; exit code 1 when something must be mended")
  .requiredOption("--out <folder>", "where the parts lists go")
  .addOption(level())
  .action((folder: string, { out, level }: { out: string; level: Severity }) => main(() => images(folder, out, level)));
await program.parseAsync();

async function npmAudit(): Promise<unknown> {
  const { stdout, stderr } = await execa("npm", ["audit", "--json"], { reject: false, stdin: "ignore" });
  const report = json(stdout);
  if (typeof report === "object" && report !== null && "vulnerabilities" in report) return report;
  const why =
    typeof report === "object" && report !== null && "message" in report ? String(report.message) : stderr.trim().split("\n").at(-1);
  throw new Problem(
    `The npm registry does not say what is known of these packages, so nothing is said to be clean: ${why || "no reason given"}`,
  );
}

async function npmSbom(): Promise<{ readonly text: string; readonly parts: number }> {
  const { failed, stdout, stderr } = await execa("npm", ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], {
    reject: false,
    stdin: "ignore",
  });
  const bom = json(stdout) as { bomFormat?: unknown; components?: unknown } | undefined;
  const parts = Array.isArray(bom?.components) ? bom.components.length : 0;
  if (failed || bom?.bomFormat !== "CycloneDX" || parts === 0)
    throw new Problem(`npm wrote no parts list: ${stderr.trim().split("\n").at(-1) || "it gave no reason"}`);
  return { text: `${stdout}\n`, parts };
}

async function images(folder: string, out: string, level: Severity): Promise<void> {
  const tarballs = (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => name.endsWith(".tar")).sort();
  if (tarballs.length === 0) throw new Problem(`${folder} has no image (*.tar): make them with npm run images -- build --out ${folder}`);
  await mkdir(out, { recursive: true });
  const findings: Finding[] = [];
  for (const name of tarballs) {
    const role = basename(name, ".tar");
    const bom = join(out, `${role}.cdx.json`);
    await writeFile(bom, await listParts(join(folder, name)));
    findings.push(...grypeFindings(await findVulnerabilities(bom), role));
  }
  await verdict(findings, level, `${tarballs.length} images`);
}

async function verdict(findings: readonly Finding[], level: Severity, what: string): Promise<void> {
  const accepted = parseAccepted(await readFile(ACCEPTED, "utf8"), ACCEPTED);
  const { refused, told } = judge(findings, level, accepted, new Date());
  const count = (all: readonly Finding[]) =>
    SEVERITIES.map((severity) => `${all.filter((one) => one.severity === severity).length} ${severity}`).join(", ");
  const words = `${what}: ${findings.length} known vulnerabilities (${count(findings)}); ${refused.length} must be mended.`;
  const rows = refused.map(({ severity, id, where }) => [severity, id, where]);
  const table = new Table({ head: ["severity", "which", "where"] });
  table.push(...rows);
  if (rows.length > 0) console.log(table.toString());
  const { GITHUB_STEP_SUMMARY: file } = process.env;
  const lines =
    rows.length === 0 ? [] : ["| severity | which | where |", "|---|---|---|", ...rows.map((row) => `| ${row.join(" | ")} |`), ""];
  if (file) await appendFile(file, ["", words, "", ...lines].join("\n"));
  if (refused.length > 0) throw new Problem(`${words} Raise what has them, or say in ${ACCEPTED} why it does no harm, and until when.`);
  say(told.length === 0 ? words : `${words} The others have no mend, weigh less than ${level}, or are accepted.`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
