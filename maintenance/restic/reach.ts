import { Problem } from "../../toolchain/problem.ts";

/** S3 refuses a request whose time is further off than this. */
const MOST_SKEW_SECONDS = 15 * 60;
const PATIENCE_MS = 15_000;

/** How the store's clock and ours agree; whatever it answers, it has a date. */
export interface Reached {
  /** Seconds that ours is ahead. @default unknown: it did not say its time */
  readonly aheadSeconds?: number;
}

/**
 * Ask whether anybody answers at the store's address, before restic does, which would ask for a quarter of an hour.
 * @throws Problem when nobody does, or its clock and ours are too far apart
 */
export async function reach(endpoint: string, now: () => Date, signal: AbortSignal): Promise<Reached> {
  let answer: Response;
  try {
    answer = await fetch(endpoint, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new Problem(unreachableWords(endpoint, error));
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (Number.isNaN(date)) return {};
  const aheadSeconds = Math.round((now().getTime() - date) / 1000);
  if (Math.abs(aheadSeconds) > MOST_SKEW_SECONDS) throw new Problem(skewWords(endpoint, aheadSeconds));
  return { aheadSeconds };
}

export function skewWords(endpoint: string, aheadSeconds: number): string {
  const by = `${Math.round(Math.abs(aheadSeconds) / 60)} minutes ${aheadSeconds > 0 ? "ahead of" : "behind"}`;
  return `This machine's clock is ${by} that of ${endpoint}, which refuses such requests. Set the host's clock: timedatectl set-ntp true, then run the job again.`;
}

/** Why nobody answers, in words. */
export function unreachableWords(endpoint: string, error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
  const code = cause?.code ?? name ?? "";
  const then = "Nothing was changed; run the job again when it answers.";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `The name in ${endpoint} is not known here. Put it right in sluice:maintenance.backup.endpoint, or see whether the host can look up names. ${then}`;
  if (code === "ECONNREFUSED")
    return `Nobody listens at ${endpoint}. See sluice:maintenance.backup.endpoint, and whether the store runs. ${then}`;
  if (code === "TimeoutError" || code.includes("TIMEOUT"))
    return `${endpoint} has not answered for ${PATIENCE_MS / 1000} seconds. See the store's status page and the host's firewall. ${then}`;
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code))
    return `The certificate of ${endpoint} is not to be trusted (${code}). Nothing is sent past a certificate that is not right. ${then}`;
  return `The connection to ${endpoint} does not come about (${cause?.message || code || "no reason was given"}). ${then}`;
}
