import type { WrittenCluster } from "../cluster.ts";
import { type Path, shown } from "../problems.ts";
import type { Finding } from "../rules.ts";
import { missing } from "./missing.ts";

const AT: Path = ["cluster", "prometheus"];
/** Hosts of this machine alone: what goes there is seen by nobody. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/;

/** What the cluster's Prometheus needs to be asked: an address that nobody listens in on, and one way to sign in. */
export function prometheusFindings({ prometheus }: WrittenCluster): Finding[] {
  if (!prometheus) return [];
  const { url, tokenSecret, user, passwordSecret, names } = prometheus;
  const found: Finding[] = [];
  if (url === undefined) found.push(missing([...AT, "url"], "an http(s) address", "add it, for example https://prometheus.example.com"));
  else if (!URL.canParse(url) || isOpen(new URL(url)))
    found.push({
      ...{ at: [...AT, "url"], received: shown(url, [...AT, "url"]) },
      allowed: "https, or http on this machine's loopback address: what decides on a release must come from where it says",
      fix: `for example ${url.replace(/^http:/, "https:")}, or forward its port: http://127.0.0.1:9090`,
    });
  const login: Path[] = [
    [...AT, "user"],
    [...AT, "passwordSecret"],
  ];
  if ((user === undefined) !== (passwordSecret === undefined)) {
    const lacks = user === undefined ? "user" : "passwordSecret";
    found.push(missing([...AT, lacks], "both of `user` and `passwordSecret`, or neither", `add \`${lacks}\``, login));
  }
  if (tokenSecret !== undefined && user !== undefined && passwordSecret !== undefined)
    found.push({
      ...{ at: [...AT, "tokenSecret"], reads: login, received: "a token, beside `user` and `passwordSecret`" },
      ...{ allowed: "one way to sign in", fix: "take `tokenSecret` out, or `user` and `passwordSecret`" },
    });
  for (const label of Object.keys(names.where)) {
    if (LABEL.test(label)) continue;
    found.push({
      ...{ at: [...AT, "names", "where", label], received: JSON.stringify(label.slice(0, 60)) },
      ...{ allowed: "letters, digits, `_`, not starting with a digit", fix: "for example reporter" },
    });
  }
  return found;
}

const isOpen = ({ protocol, hostname }: URL): boolean => protocol === "http:" && !LOOPBACK.test(hostname);
