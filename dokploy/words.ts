/** Version of Dokploy whose description this was written and tested against. */
export const DESCRIBED = "0.30.7";

/** What became of a request that did not get what it asked for. */
export type Failure =
  /** Dokploy, or something before it, refused. */
  | { readonly status: number; readonly said: string; readonly location?: string }
  /** No answer within this many seconds. */
  | { readonly seconds: number }
  /** No connection. */
  | { readonly unreachable: string }
  /** An answer that nobody expected. */
  | { readonly strange: string };

export interface Asked {
  /** As in `application.one`, or `webhook`: never with the webhook's token, which is its authentication. */
  readonly endpoint: string;
  /** Address of Dokploy. */
  readonly url: string;
}

const API: Readonly<Record<number, string>> = {
  400: `It does not take what was sent. Sluice was written for Dokploy ${DESCRIBED}: an older one may not know all of it.`,
  401: "It does not take the API key, or the key is of another organization. Make one in Dokploy (Settings, Profile, API/CLI Keys), put it into the secret that `sluice:dokploy.keySecret` names, and run this again.",
  403: "The person whose API key this is may not do it: give them the permission in Dokploy, or use the key of somebody who has it.",
  404: "It is not there: somebody may just have removed it. Run this again: it looks for what is there, and makes what is missing.",
  409: "There is one of this name already: another run may just have made it. Run this again: it takes what it finds.",
  429: "It limits requests: wait a minute, and run this again.",
};

/** What the webhook's own statuses mean; https://docs.dokploy.com/docs/core/auto-deploy has no list of them. */
const WEBHOOK: Readonly<Record<number, string>> = {
  301: "It has another image than the one to be deployed: somebody changed it meanwhile. Run this again: it sets the image first.",
  400: "Deployments by webhook are switched off for the application, or Dokploy's queue does not take any. Run this again: it switches them on first; if that does not help, `deploy: api` goes another way.",
  401: "Something before Dokploy asks for a login: let requests to /api/deploy/ pass, or set `deploy: api`.",
  403: "Something before Dokploy does not let the request pass: let requests to /api/deploy/ pass, or set `deploy: api`.",
  404: "The webhook's address is not valid any more: somebody may just have made a new one. Run this again: it asks for the address first.",
  409: "A deployment is under way. Wait for it, and run this again.",
  429: "It limits requests: wait a minute, and run this again.",
};

const FAILED = "Dokploy itself failed: look at its own log. Run this again: it goes on where it ended.";

/** A failure in words: what was asked, what came back, and what to do. */
export function failureWords({ endpoint, url }: Asked, failure: Failure): string {
  const who = `Dokploy at ${url}`;
  if ("seconds" in failure)
    return `${who} gave no answer to ${endpoint} within ${failure.seconds} s. Run this again: it goes on where it ended. \`sluice:dokploy.answerSeconds\` gives it longer.`;
  if ("unreachable" in failure)
    return `${who} cannot be reached: ${failure.unreachable}. Is \`sluice:dokploy.url\` right, and does Dokploy run?`;
  if ("strange" in failure)
    return `${who} answered ${endpoint} with something unexpected: ${failure.strange}. Is \`sluice:dokploy.url\` that of a Dokploy? Sluice was written for ${DESCRIBED}.`;
  const { status, said, location } = failure;
  const says = `${who} says ${status} to ${endpoint}${said === "" ? "" : `: ${said}`}`;
  return `${says}\n${adviceOn(endpoint, status, location)}`;
}

function adviceOn(endpoint: string, status: number, location: string | undefined): string {
  const known = (endpoint === "webhook" ? WEBHOOK : API)[status];
  if (known !== undefined) return known;
  if (status >= 500) return FAILED;
  if (status >= 300 && status < 400)
    return `It is somewhere else${location === undefined ? "" : `: ${location}`}. The API key is not sent on; set \`sluice:dokploy.url\` to where it is.`;
  return `Sluice does not know this answer. It was written for Dokploy ${DESCRIBED}.`;
}

/** Whether the same question may be answered a moment later. */
export const passes = (failure: Failure): boolean =>
  "seconds" in failure || "unreachable" in failure || ("status" in failure && (failure.status >= 500 || failure.status === 429));

/** Whether it is open if the request had its effect. */
export const isOpen = (failure: Failure): boolean =>
  "seconds" in failure || "unreachable" in failure || "strange" in failure || failure.status >= 500;
