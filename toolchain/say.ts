import picocolors from "picocolors";

/** How often a long step says that it is still at work. */
const HEARTBEAT_SECONDS = 15;

/** A long piece of work that was announced. */
export interface Step {
  /** Say that it is done, with the seconds it took; `detail` adds what came of it. */
  done(detail?: string): void;
  /** Say that it did not work out, with the seconds it took. */
  failed(detail?: string): void;
}

/** One line for the person at the terminal. On stderr: stdout belongs to results. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A line that must not be overlooked, though the work goes on. */
export function warn(line: string): void {
  say(picocolors.yellow(line));
}

/**
 * Announce a piece of work, and say every 15 seconds how long it has been at it.
 *
 * @param title what is being done, as in "building the Pulumi CLI"
 * @param typical what to expect, as in "1 to 3 minutes"
 */
export function step(title: string, typical?: string): Step {
  const started = performance.now();
  say(`${picocolors.cyan("·")} ${title}${typical === undefined ? "" : picocolors.dim(` (${typical})`)}`);
  const heartbeat = setInterval(() => say(picocolors.dim(`  ${title}: ${seconds(started)} so far`)), HEARTBEAT_SECONDS * 1000);
  heartbeat.unref();
  const end = (mark: string, detail: string | undefined) => {
    clearInterval(heartbeat);
    say(`${mark} ${title}${detail === undefined ? "" : `: ${detail}`} ${picocolors.dim(`(${seconds(started)})`)}`);
  };
  return {
    done: (detail) => end(picocolors.green("✓"), detail),
    failed: (detail) => end(picocolors.red("✗"), detail),
  };
}

/** Time since a moment, for people: `0.4 s`, `41 s`, `2 min 5 s`. */
function seconds(since: number): string {
  return duration(performance.now() - since);
}

/** Milliseconds, for people: `0.4 s`, `41 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
