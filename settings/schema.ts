import { z } from "zod";
import { cluster } from "./cluster.ts";
import { postgres, redis } from "./datastore.ts";
import { dokploy } from "./dokploy.ts";
import { edge } from "./edge.ts";
import { evidence } from "./evidence.ts";
import { field, flag } from "./field.ts";
import { github } from "./github.ts";
import { host, hosts, name, password, secrets } from "./host.ts";
import { maintenance } from "./maintenance.ts";
import { monitoring } from "./monitoring.ts";
import { rollout } from "./rollout.ts";
import { services } from "./service.ts";

/**
 * Everything under `sluice:` in a stack file, without the prefix.
 *
 * It judges one value at a time and requires nothing: what depends on two values, or on one being there, is in rules.ts. So a file
 * with one wrong value can still be judged on all the others.
 */
export const schema = field(
  z.strictObject({
    name: name.optional(),
    protectData: flag("Whether the volumes of data stores survive `destroy`.", true).default(true),
    host: host.prefault({}),
    hosts: hosts.default({}),
    edge: edge.prefault({}),
    postgres: postgres.optional(),
    redis: redis.optional(),
    services: services.default({}),
    cluster: cluster.optional(),
    github: github.optional(),
    dokploy: dokploy.optional(),
    monitoring: monitoring.optional(),
    maintenance: maintenance.optional(),
    rollout: rollout.optional(),
    evidence: evidence.optional(),
    secrets: secrets.default({}),
    postgresPassword: password("Postgres", "postgresPassword").optional(),
    redisPassword: password("Redis", "redisPassword").optional(),
  }),
  { means: "The settings of one stack.", allowed: "a map", example: {} },
);

/** The settings as written, every value good by itself, defaults filled in. */
export type Written = z.output<typeof schema>;
export type WrittenHost = Written["hosts"][string];
export type WrittenService = Written["services"][string];
export type WrittenSlot = NonNullable<WrittenService["blue"]>;
