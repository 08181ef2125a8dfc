/** How a slot is told to misbehave, so that a canary has something to be caught at. */
export interface FaultSettings {
  readonly FAULT_ERROR_RATE: number;
  readonly FAULT_LATENCY_MS: number;
  readonly FAULT_HANG: "none" | "requests" | "all";
  readonly FAULT_HANG_UP: boolean;
  readonly FAULT_LEAK_MB_PER_MINUTE: number;
  readonly FAULT_EXIT_AFTER_MS: number;
}

/** What happens to one request before its handler sees it. */
export interface Fault {
  readonly delayMs: number;
  /** `serve`: the handler's own answer; `hang`: none at all; `hangUp`: the connection is cut instead. */
  readonly end: "serve" | "fail" | "hang" | "hangUp";
}

const PROBES: ReadonlySet<string> = new Set(["/health", "/metrics"]);

/** Probes look at the process, not at its traffic: they are not counted, and harmed only by `FAULT_HANG=all` and `FAULT_UNHEALTHY`. */
export const isProbe = (url: string): boolean => PROBES.has(url.split("?", 1)[0] ?? "");

/**
 * Decides one request's fate.
 *
 * @param random a number in [0, 1), drawn for this request
 */
export function faultFor(url: string, settings: FaultSettings, random: number): Fault {
  if (settings.FAULT_HANG === "all") return { delayMs: 0, end: "hang" };
  if (isProbe(url)) return { delayMs: 0, end: "serve" };
  const { FAULT_LATENCY_MS: delayMs, FAULT_HANG: hang, FAULT_HANG_UP: hangUp, FAULT_ERROR_RATE: rate } = settings;
  return { delayMs, end: hang !== "none" ? "hang" : hangUp ? "hangUp" : random < rate ? "fail" : "serve" };
}

/** Bytes that must have leaked after a time. */
export const leakedBytes = (mbPerMinute: number, elapsedMs: number): number => Math.floor((mbPerMinute * 1024 * 1024 * elapsedMs) / 60_000);

/** Starts the faults that do not wait for a request. Their timers never keep a draining process alive. */
export function startFaults(settings: FaultSettings, say: (words: string) => void): void {
  const { FAULT_LEAK_MB_PER_MINUTE: leak, FAULT_EXIT_AFTER_MS: exitAfter } = settings;
  if (leak > 0) {
    const kept: Buffer[] = [];
    const start = Date.now();
    let held = 0;
    setInterval(() => {
      const missing = leakedBytes(leak, Date.now() - start) - held;
      // Filled, because untouched pages cost no memory.
      kept.push(Buffer.alloc(missing, 1));
      held += missing;
    }, 1000).unref();
    say(`fault: leaking ${leak} MB a minute`);
  }
  if (exitAfter > 0) {
    setTimeout(() => {
      say(`fault: exiting after ${exitAfter} ms`);
      process.exit(1);
    }, exitAfter).unref();
  }
}
