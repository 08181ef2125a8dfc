/** A fault a test puts into a copy of the source: the text it replaces, once, and what stands there then. */
export interface Fault {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const NGINX_CONF = "components/edge/nginx-conf.ts";

/**
 * Every fault of the source that an engine test makes. They stand in one place because the source moves on: the pure room looks whether each
 * can still be made, in a second, and not the engine room after an hour.
 */
export const FAULTS = {
  writableRoot: { file: "components/host/container.ts", from: "readOnly: true,\n  tmpfs", to: "readOnly: false,\n  tmpfs" },
  publishedDatastore: {
    file: "components/datastore/datastore.ts",
    from: "        env: { ...env,",
    to: "        ports: [{ bind: '127.0.0.1', external: 6379, internal: 6379 }],\n        env: { ...env,",
  },
  publicEdge: { file: "components/edge/edge.ts", from: "address = bind", to: 'address = "0.0.0.0"' },
  directiveNginxRefuses: { file: NGINX_CONF, from: '"server_tokens off;"', to: '"server_tokens perhaps;"' },
  ruleNobodyReads: { file: "components/monitoring/rules/data.ts", from: "pg_up", to: "pg_up{" },
} as const satisfies Record<string, Fault>;

/** One more port nginx listens on; taken by somebody else when `port` is. */
export const oneMorePort = (port: number | string): Fault => ({
  file: NGINX_CONF,
  from: '"listen 127.0.0.1:8081;"',
  to: `"listen 127.0.0.1:8081;", "listen ${port};"`,
});
