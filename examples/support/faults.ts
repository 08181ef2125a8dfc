/** How a slot is told to misbehave, so that a canary has something to be caught at. */
export interface FaultSettings {
  readonly FAULT_ERROR_RATE: number;
  readonly FAULT_LATENCY_MS: number;
  readonly FAULT_LEAK_MB_PER_MINUTE: number;
  readonly FAULT_EXIT_AFTER_MS: number;
}

/** What happens to one request before its handler sees it. */
export interface Fault {
  readonly delayMs: number;
  readonly fail: boolean;
}

const PROBES: ReadonlySet<string> = new Set(["/health", "/metrics"]);

/** Probes look at the process, not at its traffic: they are neither harmed nor counted. */
export const isProbe = (url: string): boolean => PROBES.has(url.split("?", 1)[0] ?? "");

/**
 * Decides one request's fate.
 *
 * @param random a number in [0, 1), drawn for this request
 */
export function faultFor(url: string, settings: FaultSettings, random: number): Fault {
  if (isProbe(url)) return { delayMs: 0, fail: false };
  return { delayMs: settings.FAULT_LATENCY_MS, fail: random < settings.FAULT_ERROR_RATE };
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
