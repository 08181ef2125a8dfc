/**
 * Something the person at the terminal can put right: the message says what is wrong, and what to do. It is shown without a stack trace.
 */
export class Problem extends Error {
  override readonly name: string = "Problem";
}
