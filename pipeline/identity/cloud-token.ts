import { rename, writeFile } from "node:fs/promises";
import pRetry, { AbortError } from "p-retry";
import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";

/** Whom the token is for: AWS' usual name. */
const AUDIENCE = "sts.amazonaws.com";
/** A token lives for some minutes (GitHub: 5 at least); clouds read the file again whenever they need it. */
const RENEW_MS = 4 * 60_000;
const ANSWER_MS = 10_000;

const Answer = z.object({ value: z.string().min(1) });

/** A file that always has a young token. */
export interface CloudToken {
  readonly file: string;
  readonly stop: () => void;
}

/**
 * Ask GitHub to vouch for this run, and keep what it says in a file, as clouds want to find it.
 * @param env where GitHub's address and the right to ask are
 * @throws Problem when it does not answer or refuses
 */
export async function cloudToken(file: string, env: Readonly<Record<string, string>>, everyMs = RENEW_MS): Promise<CloudToken> {
  const write = async () => {
    const token = await askToken(env.ACTIONS_ID_TOKEN_REQUEST_URL ?? "", env.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? "");
    // In one step: a cloud's library may be reading it.
    await writeFile(`${file}.new`, token, { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  await write();
  // One that cannot be renewed is used as long as it lives.
  const timer = setInterval(() => void write().catch(() => undefined), everyMs);
  timer.unref();
  return { file, stop: () => clearInterval(timer) };
}

async function askToken(address: string, bearer: string): Promise<string> {
  const url = new URL(address);
  url.searchParams.set("audience", AUDIENCE);
  try {
    return await pRetry(
      async () => {
        const answer = await fetch(url, { headers: { authorization: `Bearer ${bearer}` }, signal: AbortSignal.timeout(ANSWER_MS) });
        if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new AbortError(`it answers ${answer.status}`);
        if (!answer.ok) throw new Error(`it answers ${answer.status}`);
        return Answer.parse(await answer.json()).value;
      },
      { retries: 3, minTimeout: 500 },
    );
  } catch (error) {
    const why = error instanceof z.ZodError ? "its answer has no token" : error instanceof Error ? error.message : "it does not answer";
    throw new Problem(`GitHub does not vouch for this run (${why}): AWS_ROLE_ARN needs a job with the permission id-token: write.`);
  }
}
