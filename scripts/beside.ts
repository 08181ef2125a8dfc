import { setPriority } from "node:os";
import { execa } from "execa";
import { readTally, type Tally } from "./tally.ts";

/** Who comes later for a core, 0 to 19: nothing waits for these rooms, and the others measure what clients see. */
const NICE = 10;

/** At the beginning of each line, because two runs write at once. */
const MARK = "│ ";

/**
 * Run rooms of tests in a process of their own, beside what goes on here.
 * @returns what they came to; a failure more when it ended without saying so
 */
export async function runBeside(rooms: readonly string[], files: readonly string[]): Promise<Tally> {
  const args = [...rooms.flatMap((room) => ["--room", room]), ...files];
  const run = execa(process.execPath, [process.argv[1] ?? "", ...args], {
    ...{ all: true, stdin: "ignore", reject: false },
    env: { SLUICE_TEST_BESIDE: "true" },
  });
  if (run.pid !== undefined) setPriority(run.pid, NICE);
  let tally: Tally | undefined;
  for await (const line of run.iterable({ from: "all" })) {
    console.log(`${MARK}${line}`);
    tally = readTally(line) ?? tally;
  }
  const { exitCode = 1 } = await run;
  const said = tally ?? { passed: 0, failed: 0, skipped: 0 };
  // Files may have been named that none of these rooms has.
  const nothing = files.length > 0 && said.passed + said.failed === 0 && tally !== undefined;
  return exitCode === 0 || said.failed > 0 || nothing ? said : { ...said, failed: said.failed + 1 };
}
