import { join } from "node:path";
import { execa } from "execa";
import { ensureGoTool } from "../../../toolchain/go-tool.ts";
import { ensurePython } from "../python.ts";

const HERE = import.meta.dirname;

/** Two judges of workflows, each with the words of what it found; nothing found is an empty list. */
export interface Judges {
  /** actionlint, with shellcheck on every script. @param root a folder with `.github` */
  lint(root: string): Promise<readonly string[]>;
  /** zizmor as its strictest persona, without the network. What a line spares with a reason is in `spared`. */
  audit(root: string): Promise<{ readonly findings: readonly string[]; readonly spared: readonly string[] }>;
}

/**
 * Build and install them, once for each set of pins: about a minute.
 * @returns the judges; where they cannot be had, why, in words
 */
export async function ensureJudges(): Promise<Judges | { readonly missing: string }> {
  const python = await ensurePython("workflows", join(HERE, "zizmor.txt"), "half a minute");
  if (typeof python !== "string") return python;
  const actionlint = await ensureGoTool({
    module: join(HERE, "go"),
    program: "github.com/rhysd/actionlint/cmd/actionlint",
    typical: "half a minute",
  });
  return {
    lint: (root) => lint(actionlint, join(python, "bin", "shellcheck"), root),
    audit: (root) => audit(join(python, "bin", "zizmor"), root),
  };
}

interface Linted {
  readonly filepath: string;
  readonly line: number;
  readonly kind: string;
  readonly message: string;
}

async function lint(actionlint: string, shellcheck: string, root: string): Promise<string[]> {
  const args = ["-format", "{{json .}}", "-shellcheck", shellcheck, "-pyflakes="];
  const { stdout, stderr, exitCode } = await execa(actionlint, args, { cwd: root, reject: false, stdin: "ignore" });
  // 1 is something found; anything above is a linter that could not work.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`actionlint ended with ${exitCode}: ${stderr}`);
  const found = JSON.parse(stdout) as readonly Linted[];
  return found.map(({ filepath, line, kind, message }) => `${filepath}:${line} [${kind}] ${message}`);
}

interface Audited {
  readonly ident: string;
  readonly desc: string;
  readonly locations: readonly {
    readonly symbolic: { readonly key: { readonly Local?: { readonly verbatim_path?: string; readonly given_path?: string } } };
    readonly concrete: { readonly location: { readonly start_point: { readonly row: number } } };
  }[];
}

async function audit(zizmor: string, root: string): Promise<{ findings: string[]; spared: string[] }> {
  const findings = await ask(zizmor, root, []);
  // What is spared is told apart by asking again, deaf to the comments.
  const all = await ask(zizmor, root, ["--no-ignores"]);
  return { findings, spared: all.filter((one) => !findings.includes(one)) };
}

async function ask(zizmor: string, root: string, more: readonly string[]): Promise<string[]> {
  const args = ["--offline", "--persona", "auditor", "--strict-collection", "--no-exit-codes", "--quiet", "--format", "json", ...more, "."];
  const { stdout, stderr, exitCode } = await execa(zizmor, args, { cwd: root, reject: false, stdin: "ignore", env: { NO_COLOR: "1" } });
  if (exitCode !== 0) throw new Error(`zizmor ended with ${exitCode}: ${stderr}`);
  return (JSON.parse(stdout) as readonly Audited[]).map(({ ident, desc, locations: [at] }) => {
    const { verbatim_path, given_path } = at?.symbolic.key.Local ?? {};
    return `${verbatim_path ?? given_path ?? "?"}:${(at?.concrete.location.start_point.row ?? -1) + 1} [${ident}] ${desc}`;
  });
}
