/** An image in a registry, by its parts; nothing for one that has no tag, or was built here. */
export interface Reference {
  readonly registry: string;
  readonly name: string;
  readonly tag: string;
  /** What runs. */
  readonly digest: string;
}

const ACCEPT = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");
const PATIENCE_MS = 15_000;

/** `ghcr.io/example/web:1.2@sha256:…`, as stack files have it. */
export function parseReference(reference: string): Reference | undefined {
  const [, before = "", digest] = /^(.+?)@(sha256:[0-9a-f]{64})$/.exec(reference) ?? [];
  if (digest === undefined) return undefined;
  const [, path = "", tag] = /^(.+):([\w][\w.-]{0,127})$/.exec(before) ?? [];
  if (tag === undefined) return undefined;
  const [first = "", ...rest] = path.split("/");
  const named = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const name = named ? rest.join("/") : path.includes("/") ? path : `library/${path}`;
  return { registry: named ? first : "registry-1.docker.io", name, tag, digest };
}

/**
 * The digest that a tag stands for now. It asks without a name; a registry that wants one gets the token that it gives to everybody.
 * @throws when it does not say
 */
export async function currentDigest({ registry, name, tag }: Reference, signal: AbortSignal): Promise<string> {
  const scheme = /^(localhost|127\.0\.0\.1)(:|$)/.test(registry) ? "http" : "https";
  const ask = (token?: string) =>
    fetch(`${scheme}://${registry}/v2/${name}/manifests/${tag}`, {
      ...{ method: "HEAD", headers: { accept: ACCEPT, ...(token !== undefined && { authorization: `Bearer ${token}` }) } },
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
  let answer = await ask();
  if (answer.status === 401) answer = await ask(await anonymous(answer.headers.get("www-authenticate") ?? "", name, signal));
  const digest = answer.headers.get("docker-content-digest");
  if (answer.ok && digest !== null) return digest;
  throw new Error(
    answer.status === 401 || answer.status === 403 ? `${registry} wants to know who asks` : `${registry} answers ${answer.status}`,
  );
}

async function anonymous(challenge: string, name: string, signal: AbortSignal): Promise<string> {
  const word = (key: string): string | undefined => new RegExp(`${key}="([^"]+)"`).exec(challenge)?.[1];
  const realm = word("realm");
  if (realm === undefined || !realm.startsWith("https://")) throw new Error("the registry wants to know who asks");
  const url = new URL(realm);
  url.searchParams.set("scope", `repository:${name}:pull`);
  const service = word("service");
  if (service !== undefined) url.searchParams.set("service", service);
  const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
  const given = token ?? access_token;
  if (given === undefined) throw new Error("the registry gives no token to anybody");
  return given;
}
