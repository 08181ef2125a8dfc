import { describe, expect, it } from "vitest";
import { parseSettings } from "../../settings/parse.ts";
import { inCluster, onHost } from "../../settings/placement.ts";
import type { Settings } from "../../settings/types.ts";
import { clusterStack } from "../support/planned.ts";
import { goodSettings, type Raw } from "../support/settings.ts";

/** Settings with a host and a cluster, changed. */
function settings(change: (raw: Raw) => void = () => undefined): Settings {
  const raw = goodSettings();
  raw.services.mail = { target: "kubernetes", port: 3000, blue: { image: "ghcr.io/example/mail:1" } };
  change(raw);
  const result = parseSettings(raw, { stack: "dev" });
  if ("problems" in result) throw new Error(JSON.stringify(result.problems));
  return result.ok as unknown as Settings;
}
const names = (found: { readonly services: readonly { readonly name: string }[] } | undefined) => found?.services.map(({ name }) => name);

describe("where a service runs", () => {
  it("the host has those of Docker, and the cluster has the others", () => {
    expect(names(onHost(settings()))).toEqual(["api", "web"]);
    expect(names(inCluster(settings()))).toEqual(["mail"]);
    expect(onHost(settings())).not.toHaveProperty("cluster");
  });

  it("an estate without a cluster is what it was: a host, also before its first service", () => {
    const bare = (raw: Raw): void => {
      delete raw.cluster;
      raw.services = {};
    };
    expect(names(onHost(settings(bare)))).toEqual([]);
    expect(inCluster(settings(bare))).toBeUndefined();
  });

  it("an estate that is in its cluster alone has no host; a store or monitoring keeps it", () => {
    const alone = clusterStack((raw) => {
      for (const part of ["postgres", "redis", "monitoring", "rollout"]) delete raw[part];
      for (const service of ["api", "web"]) delete raw.services[service];
    });
    expect(onHost(alone as unknown as Settings)).toBeUndefined();
    const moved = (...keep: string[]) =>
      onHost(
        settings((raw) => {
          for (const part of ["postgres", "redis", "monitoring", "rollout"]) if (!keep.includes(part)) delete raw[part];
          raw.services = {};
        }),
      );
    expect(moved()).toBeUndefined();
    expect(names(moved("redis"))).toEqual([]);
    expect(names(moved("monitoring"))).toEqual([]);
  });
});
