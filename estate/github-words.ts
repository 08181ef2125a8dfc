/** Something that GitHub did not do. */
export interface Refused {
  /** For example `PUT /repos/example/shop/environments/prod`. */
  readonly request: string;
  /** 0: there was no answer. */
  readonly status: number;
  /** GitHub's own words. */
  readonly message: string;
}

/** As the plugin tells of it: `PUT https://api.github.com/repos/…: 403 Resource not accessible by integration []`. */
const REFUSAL = /\b(GET|POST|PUT|PATCH|DELETE) https?:\/\/[^/\s]+(?:\/api\/v3)?(\/\S*?): (\d{3})\b ?([^\n]*)/g;
/** Go's words: `Get "https://api.github.com/orgs/example": dial tcp: lookup api.github.com: no such host`. */
const NO_ANSWER = /\b(Get|Post|Put|Patch|Delete) "https?:\/\/([^/\s"]+)[^"]*": ([^\n]*)/g;
/** What the plugin puts around GitHub's own words. */
const AROUND = /(?: \[\])?(?:: provider=\S+)?$/;
const COLOURS = /<\{%[^%]*%\}>/g;

/** Every request that GitHub refused in a run, each once. @param log what Pulumi wrote of its events, a line each */
export function refusedIn(log: string): Refused[] {
  const messages = log.split("\n").flatMap((line) => errorOf(line) ?? []);
  const found = messages.flatMap((message) => {
    const text = message.replaceAll(COLOURS, "");
    const refused = [...text.matchAll(REFUSAL)].map(([, method = "", path = "", status = "", words = ""]) => ({
      request: `${method} ${path}`,
      status: Number(status),
      message: words.replace(AROUND, "").trim(),
    }));
    const unheard = [...text.matchAll(NO_ANSWER)].map(([, , host = "", words = ""]) => ({
      request: host,
      status: 0,
      message: words.replace(AROUND, "").trim(),
    }));
    return [...refused, ...unheard];
  });
  return [...new Map(found.map((one) => [`${one.request} ${one.status}`, one])).values()];
}

function errorOf(line: string): string | undefined {
  try {
    const { diagnosticEvent: said } = JSON.parse(line) as { diagnosticEvent?: { severity?: string; message?: string } };
    return said?.severity === "error" ? said.message : undefined;
  } catch {
    return undefined; // the end of a run that was killed
  }
}

interface Words {
  readonly means: string;
  readonly fix: string;
}

const SCOPES =
  "Administration, Environments, Secrets, Variables and Issues (read and write) and Metadata of this repository, Members of the organization (read)";

function wordsFor(status: number): Words {
  if (status === 0) return { means: "it could not be reached", fix: "look at the network, at HTTPS_PROXY, and at `sluice:github.baseUrl`" };
  if (status === 401)
    return {
      means: "GitHub does not know the token",
      fix: "is it whole, and not expired? It is the secret that `sluice:github.token` names, else GITHUB_TOKEN",
    };
  if (status === 403)
    return {
      means: "the token may not do this",
      fix: `a fine-grained token needs ${SCOPES}; where the organization has single sign-on, authorize it there`,
    };
  if (status === 404)
    return {
      means: "it is not there, or the token may not see it: GitHub does not tell the two apart",
      fix: "look at `owner`, `repository`, teams and users in `sluice:github`, then at what the token may read",
    };
  if (status === 409)
    return {
      means: "it is there already, or somebody is changing it in this moment",
      fix: "run the command again; what somebody made by hand under the same name has to go, or be imported",
    };
  if (status === 422)
    return {
      means: "GitHub does not take what the settings say",
      fix: "its words name the field. Reviewers need access to the repository; in a private one, protection needs a plan that has it; a label of this name may be there",
    };
  if (status === 429) return { means: "too many requests", fix: "wait some minutes and run the command again" };
  if (status >= 500)
    return {
      means: "GitHub has a problem of its own; it was asked several times",
      fix: "look at https://www.githubstatus.com and run the command again",
    };
  return { means: "GitHub did not do it", fix: "its words say why" };
}

/** What refusals mean and what to do, for people: one part for each status. Nothing for none. */
export function githubWords(refused: readonly Refused[]): string | undefined {
  if (refused.length === 0) return undefined;
  const parts = [...new Set(refused.map(({ status }) => status))].sort().map((status) => {
    const { means, fix } = wordsFor(status);
    const requests = refused
      .filter((one) => one.status === status)
      .map(({ request, message }) => `  ${request}${message && `: ${message}`}`);
    return [`${status === 0 ? "GitHub did not answer" : `GitHub answered ${status}`}: ${means}.`, ...requests, `  fix  ${fix}.`].join("\n");
  });
  return [...parts, "What was done before is kept in the state: the same command goes on from there."].join("\n\n");
}
