import type { Health } from "../support/service.ts";

/** A dependency's own proof of life. */
export type Check = () => Promise<unknown>;

/** Runs all checks at once; each is `ok`, or in words what is wrong. One that takes longer than the limit is down. */
export async function checkAll(checks: Readonly<Record<string, Check>>, limitMs = 1000): Promise<Health> {
  const entries = Object.entries(checks).map(async ([name, check]) => [name, await verdict(check, limitMs)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function verdict(check: Check, limitMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${limitMs} ms`), limitMs);
  });
  const asked = check().then(
    () => "ok",
    (error: unknown) => (error instanceof Error && error.message ? error.message : "failed"),
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
