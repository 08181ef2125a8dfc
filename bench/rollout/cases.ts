/** A release that must not stay. */
export interface BadCase {
  readonly name: string;
  /** Of the release; letters and digits. */
  readonly release: string;
  readonly env: Readonly<Record<string, string>>;
  /** Slower responses are bad, seconds. @default the service's default, 2 */
  readonly slowSeconds?: number;
  /** Requests of all clients. @default 50 */
  readonly perSecond?: number;
  /** Whether the fault begins some time after the container's start, so that every run needs a new start. */
  readonly freshStart?: true;
  /** What the issue asks for: seconds until the decision, 95th percentile. */
  readonly detectWithin?: number;
}

/** Weight of the canary in every case, percent. */
export const WEIGHT = 10;

export const BAD_CASES: readonly BadCase[] = [
  { name: "100 % errors", release: "all-errors", env: { FAULT_ERROR_RATE: "1" }, detectWithin: 3 },
  { name: "20 % errors", release: "some-errors", env: { FAULT_ERROR_RATE: "0.2" }, detectWithin: 10 },
  { name: "+1 s latency", release: "slow", env: { FAULT_LATENCY_MS: "1000" }, slowSeconds: 0.8 },
  { name: "hangs", release: "hangs", env: { FAULT_HANG: "requests" } },
  { name: "hangs up", release: "hangs-up", env: { FAULT_HANG_UP: "true" }, detectWithin: 3 },
  { name: "crashes in a loop, 8 s each", release: "crashes", env: { FAULT_EXIT_AFTER_MS: "8000" }, freshStart: true },
  { name: "leaks 24 MB/s until killed", release: "leaks", env: { FAULT_LEAK_MB_PER_MINUTE: "1440" }, freshStart: true },
  { name: "100 % errors at 2 requests/s", release: "all-errors-few", env: { FAULT_ERROR_RATE: "1" }, perSecond: 2 },
];
