import { Problem } from "../toolchain/problem.ts";

/** Run a command: what a person can put right becomes words on stderr, and every error a non-zero exit. */
export async function main(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Problem) console.error(`\n${error.message}`);
    else console.error(error);
    process.exitCode = 1;
  }
}

/** For a command that passes everything else on to Pulumi. */
export const helpAsked = (args: readonly string[]): boolean => args.some((arg) => arg === "--help" || arg === "-h");
