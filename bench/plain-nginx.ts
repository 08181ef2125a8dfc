/** What a plain nginx in front of the same backends is told, as the yardstick for the edge. */
export interface PlainNginx {
  /** `host:port` of the backends of each slot. */
  readonly blue: readonly string[];
  readonly green: readonly string[];
  /** Split clients between the slots by nginx's own `split_clients`, percent to green. @default everybody to blue */
  readonly split?: number;
  /** `log_format sluice …;` of the edge, to be written for each request. @default no access log */
  readonly logFormat?: string | undefined;
}

const upstream = (slot: string, servers: readonly string[]): string =>
  `upstream ${slot} {\n  zone ${slot} 64k;\n${servers.map((server) => `  server ${server};\n`).join("")}  keepalive 64;\n}`;

/**
 * The smallest configuration that proxies with kept connections. The edge's own variables in its log format get fixed values here: the
 * line is as long, and nothing is worked out for it.
 */
export function renderPlainNginx({ blue, green, split, logFormat }: PlainNginx): string {
  const variables = [...new Set(logFormat?.match(/\$sluice_\w+/g) ?? [])];
  return [
    "worker_processes 1;",
    "pid /tmp/nginx.pid;",
    "error_log stderr warn;",
    "events { worker_connections 4096; }",
    "http {",
    "keepalive_requests 1000000;",
    ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path /tmp/${kind};`),
    ...variables.map((variable) => `map "" ${variable} { default ${variable === "$sluice_probe" ? "false" : "constant"}; }`),
    ...(logFormat === undefined ? ["access_log off;"] : [logFormat, "access_log /dev/stdout sluice buffer=64k flush=1s;"]),
    upstream("blue", blue),
    upstream("green", green),
    split === undefined ? "" : `split_clients "$remote_addr$http_user_agent" $slot { ${split}% green; * blue; }`,
    "server {",
    "listen 8080;",
    "location / {",
    "proxy_http_version 1.1;",
    'proxy_set_header Connection "";',
    "proxy_set_header Host $http_host;",
    `proxy_pass http://${split === undefined ? "blue" : "$slot"};`,
    "}",
    "}",
    "}",
    "",
  ].join("\n");
}

/** The log format's directive out of the edge's own configuration. @throws Error when it has none */
export function logFormatOf(conf: string): string {
  const found = /^ *log_format sluice [^;]*;/m.exec(conf)?.[0];
  if (found === undefined) throw new Error("the edge's configuration has no log_format named sluice");
  return found.trim();
}
