import { createHash } from "node:crypto";
import { renderMetricsLog, type Workflow } from "./metrics-log.ts";
import { type Breaker, declaredSlots, type Route, renderLocations, renderUpstreams, slotOfAddress } from "./routes.ts";
import { renderStatusServer, type StatusSources } from "./status-server.ts";

/** Limits, times and trust of the edge, as plain values. */
export interface EdgeBehaviour {
  /** Let testers pick a slot with the header `X-Sluice-Slot: blue|green`. */
  readonly headerOverride: boolean;
  /** Largest request body, MiB. */
  readonly bodyLimitMb: number;
  /** When a container gets no requests, and how it gets them again. */
  readonly breaker: Breaker;
  /** Time to reach a container before the next one is tried, seconds. */
  readonly connectTimeoutSeconds: number;
  /** Longest silence of a container while it answers, seconds. */
  readonly responseTimeoutSeconds: number;
  /** Longest silence of a client while it sends or receives, seconds. */
  readonly clientTimeoutSeconds: number;
  /** Time that old workers get to finish their requests after a structural change, seconds. */
  readonly drainSeconds: number;
  /** Addresses or networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  /** Worker processes, one per core the edge may use. */
  readonly workers: number;
  /** Public port of the TLS listener; absent: plain HTTP only. */
  readonly tlsPort?: number | undefined;
  /** What monitoring needs of the edge; absent: nothing is counted, and there is no status page. */
  readonly monitoring?: { readonly workflows: readonly Workflow[]; readonly sources: StatusSources } | undefined;
}

const indent = (lines: readonly string[], by = "  "): string[] => lines.map((line) => (line === "" ? "" : by + line));

const block = (head: string, body: readonly string[]): string[] => [`${head} {`, ...indent(body), "}"];

/** `0 … n-1` in equal parts; the last part is `*`, because nginx < 1.31.2 may give an empty value when explicit parts add up to 100 %. */
function splitInHundred(key: string, variable: string): string[] {
  const parts = Array.from({ length: 99 }, (_, bucket) => `1% ${bucket};`);
  return block(`split_clients "${key}" ${variable}`, [...parts, "* 99;"]);
}

/**
 * Who a client is, and which of 100 buckets it falls in, per service.
 *
 * A client without our cookie is known by address and user agent; the cookie it is given carries the same identity (three
 * hashes, a million values), so its first and its later requests fall in the same bucket although it may roam.
 */
function renderSticky(tls: boolean): string[] {
  const attributes = `Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax${tls ? "; Secure" : ""}`;
  return [
    ...[1, 2, 3].flatMap((n) => splitInHundred(`${n}$remote_addr$http_user_agent`, `$sluice_hash${n}`)),
    ...block("map $cookie_sluice_id $sluice_known", ['default "";', '"~^[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]{1,2}$" $cookie_sluice_id;']),
    ...block("map $sluice_known $sluice_client", ["default $sluice_known;", '"" "$sluice_hash1.$sluice_hash2.$sluice_hash3";']),
    ...block("map $sluice_known $sluice_set_cookie", ['default "";', `"" "sluice_id=$sluice_client; ${attributes}";`]),
    ...splitInHundred("$sluice_service$sluice_client", "$sluice_bucket"),
  ];
}

function renderIdentity(routes: readonly Route[]): string[] {
  const addresses = slotOfAddress(routes).map(([address, slot]) => `"${address}" ${slot};`);
  const probes = routes.flatMap((route) => [`"${route.service} ${route.health}" true;`]);
  return [
    "# The slot that answered: the last address tried. Before any was, the slot that was chosen.",
    ...block("map $upstream_addr $sluice_last_address", ['default "";', '"~(?:^|[, ])(?<last>[0-9.]+:[0-9]+)$" $last;']),
    ...block("map $sluice_last_address $sluice_served", ["default $sluice_slot;", ...addresses]),
    "# The release is the name of the directory that the slot's symlink leads to: a deployment needs no reload.",
    ...block("map $realpath_root $sluice_release", ['default "";', '"~/releases/(?<release>[^/]+)$" $release;']),
    ...block('map "$sluice_service $uri" $sluice_probe', ["default false;", ...probes]),
    ...block("map $http_x_request_id $sluice_request_id", ["default $request_id;", '"~^[A-Za-z0-9._-]{8,64}$" $http_x_request_id;']),
    ...block("map $request_uri $sluice_path", ["default $request_uri;", '"~^(?<path>[^?]*)" $path;']),
    ...block("map $http_upgrade $sluice_connection", ["default upgrade;", '"" "";']),
    ...block("map $http_x_sluice_slot $sluice_override", ['default "";', "blue blue;", "green green;"]),
  ];
}

/** The access log: what the guard and the dashboards read. Query strings stay out of it: they may carry personal data. */
function renderLog(): string[] {
  const text = (name: string, variable: string): string => `"${name}":"${variable}"`;
  const fields = [
    text("time", "$time_iso8601"),
    '"at":$msec',
    text("service", "$sluice_service"),
    text("slot", "$sluice_served"),
    text("chosen", "$sluice_slot"),
    text("release", "$sluice_release"),
    text("method", "$request_method"),
    text("path", "$sluice_path"),
    '"status":$status',
    '"probe":$sluice_probe',
    '"seconds":$request_time',
    text("upstream", "$upstream_addr"),
    text("upstream_status", "$upstream_status"),
    text("upstream_connect_seconds", "$upstream_connect_time"),
    text("upstream_header_seconds", "$upstream_header_time"),
    text("upstream_seconds", "$upstream_response_time"),
    '"request_bytes":$request_length',
    '"response_bytes":$bytes_sent',
    text("client", "$remote_addr"),
    text("bucket", "$sluice_bucket"),
    text("request_id", "$sluice_request_id"),
    text("user_agent", "$http_user_agent"),
  ];
  const lines = fields.map((field, index) => `'${index === 0 ? "{" : ""}${field}${index === fields.length - 1 ? "}" : ","}'`);
  return ["log_format sluice escape=json", ...indent(lines), ";", "access_log /dev/stdout sluice buffer=64k flush=1s;"];
}

function renderProxy(edge: EdgeBehaviour): string[] {
  return [
    "proxy_http_version 1.1;",
    "proxy_set_header Host $http_host;",
    "proxy_set_header Connection $sluice_connection;",
    "proxy_set_header Upgrade $http_upgrade;",
    "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
    "proxy_set_header X-Forwarded-Host $http_host;",
    "proxy_set_header X-Request-Id $sluice_request_id;",
    "proxy_set_header X-Sluice-Slot $sluice_slot;",
    "# The edge answers with its own of these: a service that sends them too would double or forge them.",
    "proxy_hide_header X-Request-Id;",
    "proxy_hide_header X-Sluice-Slot;",
    `proxy_connect_timeout ${edge.connectTimeoutSeconds}s;`,
    `proxy_read_timeout ${edge.responseTimeoutSeconds}s;`,
    `proxy_send_timeout ${edge.responseTimeoutSeconds}s;`,
    "# A request that may not be repeated (POST) is tried again only when no container has seen it: nginx's own rule.",
    `proxy_next_upstream ${["error", "timeout", ...edge.breaker.statuses.map((status) => `http_${status}`)].join(" ")};`,
    "proxy_next_upstream_tries 3;",
    `proxy_next_upstream_timeout ${edge.responseTimeoutSeconds}s;`,
  ];
}

const SECURITY_HEADERS: readonly (readonly [header: string, value: string])[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "SAMEORIGIN"],
  ["Referrer-Policy", "strict-origin-when-cross-origin"],
];
const HSTS = ["Strict-Transport-Security", "max-age=31536000"] as const;

const variableOf = (header: string): string => header.toLowerCase().replaceAll("-", "_");

/** Each header is added only where the service did not send its own: a service knows better. */
function renderHeaders(tls: boolean): string[] {
  const headers = tls ? [...SECURITY_HEADERS, HSTS] : SECURITY_HEADERS;
  return [
    ...headers.flatMap(([header, value]) =>
      block(`map $upstream_http_${variableOf(header)} $sluice_${variableOf(header)}`, ['default "";', `"" "${value}";`]),
    ),
    ...headers.map(([header]) => `add_header ${header} $sluice_${variableOf(header)} always;`),
    "add_header X-Request-Id $sluice_request_id always;",
    "add_header X-Sluice-Slot $sluice_served always;",
    "add_header Set-Cookie $sluice_set_cookie always;",
  ];
}

function renderServers(routes: readonly Route[], edge: EdgeBehaviour): string[] {
  const tls = edge.tlsPort !== undefined;
  const health = ["location = /healthz {", "  access_log off;", "  default_type text/plain;", '  return 200 "ok\\n";', "}"];
  const fallback = routes.some((route) => route.path === "/") ? [] : ["location / {", "  return 404;", "}"];
  const serving = [
    "server_name _;",
    "# The log asks for the real path of the root even where no service was found.",
    "root /control;",
    'set $sluice_service "";',
    'set $sluice_slot "";',
    ...health,
    ...routes.flatMap((route) => renderLocations(route, edge.headerOverride)),
    ...fallback,
  ];
  if (!tls) return block("server", ["listen 8080 default_server;", ...serving]);
  const redirect = edge.tlsPort === 443 ? "https://$host$request_uri" : `https://$host:${edge.tlsPort}$request_uri`;
  return [
    ...block("server", ["listen 8080 default_server;", "server_name _;", ...health, "location / {", `  return 308 ${redirect};`, "}"]),
    ...block("server", [
      "listen 8443 ssl default_server;",
      "http2 on;",
      "ssl_certificate /config/tls/current/tls.crt;",
      "ssl_certificate_key /config/tls/current/tls.key;",
      "ssl_protocols TLSv1.2 TLSv1.3;",
      "ssl_session_cache shared:sluice:10m;",
      "ssl_session_timeout 1d;",
      "ssl_session_tickets off;",
      ...serving,
    ]),
  ];
}

/** How much hash space the maps of addresses and probes need: nginx's default fits about a thousand short names. */
const hashSize = (routes: readonly Route[]): number => 2048 * 2 ** Math.ceil(Math.log2(Math.max(1, routes.length / 50)));

/**
 * The edge's whole configuration as text. Same arguments, same text: nothing in it depends on weights, releases or time.
 *
 * The first line names the generation (a hash of the rest), which the running edge answers on its inner port, so that a reload can
 * be seen to have happened.
 */
export function renderNginxConf(routes: readonly Route[], edge: EdgeBehaviour): string {
  const known = [...routes].filter((route) => declaredSlots(route).length > 0).sort((a, b) => a.service.localeCompare(b.service, "en"));
  const body = (generation: string): string =>
    [
      `# generation ${generation}`,
      "# Rendered by Sluice from sluice:edge and sluice:services. Weights and releases live in /control and change without a reload.",
      ...known.map((route) => `# route ${route.service} ${route.path}`),
      `worker_processes ${edge.workers};`,
      `worker_shutdown_timeout ${edge.drainSeconds}s;`,
      "pid /tmp/nginx.pid;",
      "error_log stderr warn;",
      ...block("events", ["worker_connections 4096;"]),
      ...block("http", [
        "server_tokens off;",
        "default_type application/octet-stream;",
        ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path /tmp/${kind};`),
        `map_hash_max_size ${hashSize(known)};`,
        "map_hash_bucket_size 128;",
        `client_max_body_size ${edge.bodyLimitMb}m;`,
        `client_header_timeout ${edge.clientTimeoutSeconds}s;`,
        `client_body_timeout ${edge.clientTimeoutSeconds}s;`,
        `send_timeout ${edge.clientTimeoutSeconds}s;`,
        "keepalive_timeout 65s;",
        "keepalive_requests 1000000;",
        "reset_timedout_connection on;",
        "gzip on;",
        "gzip_proxied any;",
        "gzip_vary on;",
        "gzip_min_length 1024;",
        "gzip_types text/plain text/css application/json application/javascript text/javascript application/xml image/svg+xml;",
        ...edge.trustedProxies.map((address) => `set_real_ip_from ${address};`),
        ...(edge.trustedProxies.length > 0 ? ["real_ip_header X-Forwarded-For;", "real_ip_recursive on;"] : []),
        ...renderSticky(edge.tlsPort !== undefined),
        ...renderIdentity(known),
        ...renderLog(),
        ...(edge.monitoring ? renderMetricsLog(edge.monitoring.workflows) : []),
        ...renderProxy(edge),
        ...renderHeaders(edge.tlsPort !== undefined),
        ...known.flatMap((route) => renderUpstreams(route, edge.breaker)),
        ...renderServers(known, edge),
        ...(edge.monitoring ? renderStatusServer(edge.monitoring.sources) : []),
        ...block("server", [
          "listen 127.0.0.1:8081;",
          "access_log off;",
          'set $sluice_service "";',
          'set $sluice_slot "";',
          "location = /healthz {",
          '  return 200 "ok\\n";',
          "}",
          "location = /generation {",
          `  return 200 "${generation}\\n";`,
          "}",
        ]),
      ]),
      "",
    ].join("\n");
  return body(createHash("sha256").update(body("")).digest("hex").slice(0, 16));
}
