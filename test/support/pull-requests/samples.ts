import { createHash } from "node:crypto";
import type { Raw } from "../settings.ts";

/** A pull request to show: what the base has, and what it changes. Settings are those of staging, their names without `sluice:`. */
export interface Sample {
  readonly name: string;
  readonly base: (raw: Raw) => void;
  readonly change: (raw: Raw) => void;
  /** What GitHub tells the run of it. */
  readonly event?: object;
}

const digest = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const image = (name: string, release: string): string => `ghcr.io/example/sluice-${name}@${digest(`${name} ${release}`)}`;

/** Put together here so that no scanner takes this file for a leak. */
export const LEAKED = ["ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].join("_");

/** Every image has a digest of its own, as on a staging that is in use; api's idle slot has the next release. */
function inUse(raw: Raw): void {
  for (const part of ["edge", "postgres", "redis"]) raw[part].image = image(part, "1");
  for (const part of ["prometheus", "alertmanager", "exporters"]) raw.monitoring[part].image = image(part, "1");
  raw.rollout.guard.image = image("guard", "1");
  for (const [name, service] of Object.entries<Raw>(raw.services)) {
    service.blue = { image: image(name, "1.0.0"), release: "1.0.0" };
    service.green = { image: image(name, "1.1.0"), release: "1.1.0" };
  }
}

const service = (raw: Raw, name: string): Raw => raw.services[name] as Raw;

/** Twelve services of eight containers in each slot. */
function large(raw: Raw): void {
  const { web } = raw.services as Raw;
  raw.services = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => {
      const name = `shop-${String.fromCharCode(97 + index)}`;
      return [name, { ...web, route: `/${name}`, replicas: 8 }];
    }),
  );
  inUse(raw);
}

export const SAMPLES: readonly Sample[] = [
  { name: "weight", base: inUse, change: (raw) => Object.assign(service(raw, "api"), { canaryWeight: 10 }) },
  {
    name: "policy",
    base: inUse,
    change: (raw) => {
      Object.assign(service(raw, "api"), { canaryWeight: 15 });
      service(raw, "web").green = { image: "ghcr.io/example/sluice-web:1.2.0", release: "1.2.0", env: { UPSTREAM_TOKEN: LEAKED } };
    },
  },
  {
    name: "fork",
    base: inUse,
    change: (raw) => {
      service(raw, "web").env = { LOG_LEVEL: "debug" };
      raw.services.hello = { ...service(raw, "web"), route: "/hello", replicas: 1 };
    },
    event: {
      pull_request: {
        ...{ number: 12, user: { login: "someone" } },
        head: { sha: "HEAD", repo: { full_name: "someone/sluice" } },
        base: { sha: "BASE", repo: { full_name: "sluice-delivery/sluice" } },
      },
    },
  },
  {
    name: "many",
    base: large,
    change: (raw) => {
      for (const own of Object.values<Raw>(raw.services)) own.drainSeconds = 30;
    },
  },
];
