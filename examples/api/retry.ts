import pRetry from "p-retry";

/** Tries again until it works: quickly at first, then every second, for as long as it takes. */
export const untilDone = (work: () => Promise<void>, onFailure: (error: Error) => void): Promise<void> =>
  pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 200,
    maxTimeout: 1000,
    factor: 1.5,
    onFailedAttempt: ({ error }) => onFailure(error),
  });
