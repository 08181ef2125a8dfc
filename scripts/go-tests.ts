import { join } from "node:path";
import { execa } from "execa";
import { say, step } from "../toolchain/say.ts";
import { add, type Tally } from "./tally.ts";

/** One line of `go test -json`. */
interface GoEvent {
  readonly Action: string;
  readonly Test?: string;
  readonly Output?: string;
}

const TOOLCHAIN = join(import.meta.dirname, "..", "toolchain");

/** Our Go modules, with the flags they are built with: what the build has compiled is then not compiled again. */
const MODULES: readonly (readonly [module: string, ...flags: string[]])[] = [
  ["orphan"],
  ["command-plugin"],
  ["docker-plugin", "-vet=off", "-trimpath", "-tags=no_compose"],
  ["kubernetes-plugin", "-vet=off", "-trimpath"],
  ["github-plugin", "-vet=off", "-trimpath"],
];

/** Read the events of `go test -json`: how many tests ended how, and what the failed ones said. */
export function readGoEvents(lines: readonly string[]): Tally & { readonly words: string } {
  const events = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as GoEvent);
  const ended = (action: string) => events.filter((event) => event.Test !== undefined && event.Action === action);
  const failed = new Set(ended("fail").map((event) => event.Test));
  const words = events
    .filter((event) => event.Action === "output" && (failed.has(event.Test) || event.Test === undefined))
    .map((event) => event.Output ?? "");
  return { passed: ended("pass").length, failed: failed.size, skipped: ended("skip").length, words: words.join("") };
}

/** Run the Go tests of the plugins. Where the engine is an official one, Go may be missing: then they are skipped, in words. */
export async function testPlugins(): Promise<Tally> {
  const go = await execa("go", ["version"], { reject: false });
  if (go.failed) {
    say("Go is not installed: the tests of our own plugins are skipped (the engine in use was not built here).");
    return { passed: 0, failed: 0, skipped: MODULES.length };
  }
  let tally: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const [module, ...flags] of MODULES) tally = add(tally, await testModule(module, flags));
  return tally;
}

async function testModule(module: string, flags: readonly string[]): Promise<Tally> {
  const running = step(`go test in toolchain/${module}`, "a few seconds; some minutes the first time");
  const ended = await execa("go", ["test", "-json", "-count=1", "-mod=readonly", ...flags, "./..."], {
    cwd: join(TOOLCHAIN, module),
    env: { CGO_ENABLED: "0", GOWORK: "off" },
    reject: false,
  });
  const { words, ...tally } = readGoEvents(ended.stdout.split("\n"));
  if (ended.exitCode === 0) {
    running.done(`${tally.passed} passed`);
    return tally;
  }
  running.failed();
  say(words || ended.stderr);
  return { ...tally, failed: Math.max(1, tally.failed) };
}
