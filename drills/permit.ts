import { Problem } from "../toolchain/problem.ts";

/** The stack that may be broken without another word. */
const FREE = "dev";

/**
 * Whether a stack may be drilled.
 * @param word what the person typed after --yes-break
 * @throws Problem when it is not dev and its name was not typed
 */
export function permit(stack: string, word: string | undefined): void {
  if (stack === FREE && (word === undefined || word === FREE)) return;
  if (word === stack) return;
  throw new Problem(
    word === undefined
      ? `A drill breaks '${stack}' for real, and its clients may notice. If that is what you want, type it: --stack ${stack} --yes-break ${stack}`
      : `--yes-break names '${word}', and the stack is '${stack}'. Nothing was done.`,
  );
}
