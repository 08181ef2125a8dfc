import pRetry, { AbortError } from "p-retry";

const ANSWER_MS = 10_000;

/**
 * Tell a channel (Slack's incoming webhooks, and what understands them). The address is a secret: it is in no word of an error.
 * @returns why it could not be told; nothing when it was
 */
export async function notify(webhook: string, text: string, wait = 1_000): Promise<string | undefined> {
  const send = async () => {
    const answer = await fetch(webhook, {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ text }) },
      ...{ redirect: "error" as const, signal: AbortSignal.timeout(ANSWER_MS) },
    });
    if (answer.ok) return;
    const words = `it answers ${answer.status}`;
    throw answer.status === 429 || answer.status >= 500 ? new Error(words) : new AbortError(words);
  };
  try {
    await pRetry(send, { retries: 3, minTimeout: wait });
    return undefined;
  } catch (error) {
    // Words of the network name the address.
    return error instanceof Error && /^it answers \d+$/.test(error.message) ? error.message : "it does not answer, or is no address";
  }
}
