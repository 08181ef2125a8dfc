import type { ReadStream, WriteStream } from "node:tty";

/** What begins and ends the use of a terminal: its second screen, no cursor, and no wrapping (a long line is cut, not broken). */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** q, Ctrl-C and Ctrl-D: a terminal that is read key by key makes no signal of them. */
const LEAVING_KEYS = ["q", "Q", "\x03", "\x04"];

/**
 * A picture as what a terminal is sent: over the old one, line by line, each cleared only behind its text, so that nothing blinks.
 * What is higher than the terminal ends in a line that says so.
 */
export function frameOf(text: string, rows: number): string {
  const lines = text.split("\n");
  const fitting =
    lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more lines: make the window higher`];
  return `\x1b[?2026h\x1b[H${fitting.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J\x1b[?2026l`;
}

/**
 * Run something with a terminal of its own, and give the terminal back whatever happens: at q, Ctrl-C, a signal, an error, or the end.
 *
 * @param run gets `draw` and a signal that says that the person wants to leave
 */
export async function withScreen(
  output: WriteStream,
  input: ReadStream | NodeJS.ReadStream,
  run: (draw: (text: string) => void, leaving: AbortSignal) => Promise<void>,
): Promise<void> {
  const leave = new AbortController();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const stop = () => leave.abort();
  const onKey = (key: Buffer) => {
    if (LEAVING_KEYS.includes(key.toString())) stop();
  };
  let open = true;
  const restore = () => {
    if (!open) return;
    open = false;
    output.write(LEAVE);
    if (input.isTTY) input.setRawMode(false);
  };
  let last = "";
  const draw = (text: string) => {
    last = text;
    if (open) output.write(frameOf(text, output.rows));
  };
  const redraw = () => draw(last);

  output.write(ENTER);
  // The last chance: it runs although an error has nobody who catches it.
  process.once("exit", restore);
  for (const signal of signals) process.on(signal, stop);
  if (input.isTTY) input.setRawMode(true);
  input.on("data", onKey);
  output.on("resize", redraw);
  try {
    await run(draw, leave.signal);
  } finally {
    restore();
    process.off("exit", restore);
    for (const signal of signals) process.off(signal, stop);
    input.off("data", onKey);
    input.pause();
    output.off("resize", redraw);
  }
}
