/** Port of the status page inside the edge's container; on the host it is published on the loopback address only. */
export const STATUS_PORT = 8082;

/** What the status page shows numbers from, as `address:port` on the estate's network. */
export interface StatusSources {
  readonly prometheus: string;
  readonly alertmanager: string;
}

const proxied = (path: string, address: string): string[] => [
  `location ${path} {`,
  "  if ($sluice_foreign) { return 403; }",
  `  proxy_pass http://${address}/;`,
  "  proxy_set_header Host $http_host;",
  '  proxy_set_header Connection "";',
  "  proxy_intercept_errors off;",
  "}",
];

/**
 * The page for people on this machine, or with a tunnel to it: status, Prometheus and Alertmanager at one address.
 *
 * It answers to names of this machine only, and to no other site's scripts: a web page that somebody visits must not be able to
 * read metrics or to silence alerts through the visitor's browser.
 */
export function renderStatusServer({ prometheus, alertmanager }: StatusSources): string[] {
  return [
    'map "$http_sec_fetch_site $http_sec_fetch_mode $request_method" $sluice_foreign {',
    '  default "";',
    "  # A link that somebody follows, from a chat in the browser for example: the page is shown, and no script of the other site sees it.",
    '  "~^(?:cross|same)-site navigate GET$" "";',
    '  "~^(?:cross|same)-site " yes;',
    "}",
    "server {",
    `  listen ${STATUS_PORT} default_server;`,
    "  access_log off;",
    "  return 421;",
    "}",
    "server {",
    `  listen ${STATUS_PORT};`,
    '  server_name localhost 127.0.0.1 "[::1]";',
    "  access_log off;",
    '  set $sluice_service "";',
    '  set $sluice_slot "";',
    "  root /usr/share/sluice/status;",
    "  types {",
    "    text/html html;",
    "    text/css css;",
    "    text/javascript js;",
    "    image/svg+xml svg;",
    "  }",
    "  location / {",
    "    index index.html;",
    "    try_files $uri $uri/ =404;",
    "    add_header Content-Security-Policy \"default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'\" always;",
    "    add_header X-Content-Type-Options nosniff always;",
    "    add_header Referrer-Policy no-referrer always;",
    "    add_header Cache-Control no-cache always;",
    "  }",
    ...proxied("/prometheus/", prometheus).map((line) => `  ${line}`),
    ...proxied("/alertmanager/", alertmanager).map((line) => `  ${line}`),
    "}",
  ];
}
