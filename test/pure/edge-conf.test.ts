import { describe, expect, it } from "vitest";
import { type EdgeBehaviour, renderNginxConf } from "../../components/edge/nginx-conf.ts";
import { type Route, renderLocations, renderUpstreams } from "../../components/edge/routes.ts";

const behaviour: EdgeBehaviour = {
  headerOverride: true,
  bodyLimitMb: 7,
  breaker: { failures: 3, ejectSeconds: 7, slowStartRequests: 100, statuses: [] },
  connectTimeoutSeconds: 1,
  responseTimeoutSeconds: 31,
  clientTimeoutSeconds: 32,
  drainSeconds: 33,
  trustedProxies: [],
  workers: 2,
};
const at = (address: string) => [{ address, port: 3000 }];
const api: Route = {
  service: "api",
  path: "/api",
  strip: true,
  health: "/health",
  slots: { blue: at("10.9.0.80"), green: at("10.9.0.88") },
};
const web: Route = { service: "web", path: "/", strip: true, health: "/up", slots: { blue: at("10.9.0.96") } };

describe("upstream groups", () => {
  it("give each slot its own containers first and the other slot's as backup", () => {
    expect(renderUpstreams(api, behaviour.breaker).filter((line) => /upstream|server/.test(line))).toEqual([
      "upstream api_blue {",
      "  server 10.9.0.80:3000 weight=100 max_fails=3 fail_timeout=7s;",
      "  server 10.9.0.88:3000 weight=100 max_fails=3 fail_timeout=7s backup;",
      "upstream api_green {",
      "  server 10.9.0.88:3000 weight=100 max_fails=3 fail_timeout=7s;",
      "  server 10.9.0.80:3000 weight=100 max_fails=3 fail_timeout=7s backup;",
    ]);
  });

  it("count an answer as a failed try only where its status is named", () => {
    const tries = (conf: string) => /proxy_next_upstream (.*);/.exec(conf)?.[1];
    expect(tries(renderNginxConf([api], behaviour))).toBe("error timeout");
    const strict = { ...behaviour, breaker: { ...behaviour.breaker, statuses: [502, 503] } };
    expect(tries(renderNginxConf([api], strict))).toBe("error timeout http_502 http_503");
  });

  it("have no backup where only one slot is declared", () => {
    expect(renderUpstreams(web, behaviour.breaker).join("\n")).not.toContain("backup");
  });
});

describe("locations", () => {
  it("take the prefix and what is below it, and not its neighbours", () => {
    expect(renderLocations(api, true).filter((line) => line.startsWith("location"))).toEqual(["location = /api {", "location /api/ {"]);
  });

  it("ask for the share in the control volume, then let a tester's header decide", () => {
    const lines = renderLocations(api, true).map((line) => line.trim());
    const asks = lines.indexOf("if (-f /control/api/share/$sluice_bucket) { set $sluice_slot green; }");
    expect(asks).toBeGreaterThan(0);
    expect(lines.indexOf("if ($sluice_override) { set $sluice_slot $sluice_override; }")).toBe(asks + 1);
  });

  it("know no tester's header when it is switched off", () => {
    expect(renderNginxConf([api], { ...behaviour, headerOverride: false })).not.toContain("if ($sluice_override)");
  });

  it("take the prefix off only when told to", () => {
    expect(renderLocations(api, true).join("\n")).toContain("rewrite ^/api/(.*)$ /$1 break;");
    expect(renderLocations({ ...api, strip: false }, true).join("\n")).not.toContain("rewrite");
  });

  it("match a path literally, whatever characters it has", () => {
    expect(renderLocations({ ...api, path: "/v1.0" }, true).join("\n")).toContain("rewrite ^/v1\\.0/(.*)$ /$1 break;");
  });
});

describe("the configuration", () => {
  it("does not depend on the order of services", () => {
    expect(renderNginxConf([api, web], behaviour)).toBe(renderNginxConf([web, api], behaviour));
  });

  it("names another generation when anything in it changes", () => {
    const generation = (conf: string) => /^# generation ([0-9a-f]{16})$/m.exec(conf)?.[1];
    const one = renderNginxConf([api], behaviour);
    expect(one).toContain(`return 200 "${generation(one)}\\n";`);
    expect(generation(renderNginxConf([api], { ...behaviour, bodyLimitMb: 8 }))).not.toBe(generation(one));
  });

  it("ends every split with a catch-all: explicit parts that add up to 100 % may give an empty bucket", () => {
    const splits = renderNginxConf([api], behaviour).split("split_clients ").slice(1);
    expect(splits).toHaveLength(4);
    for (const split of splits) {
      const parts = split
        .slice(split.indexOf("{") + 1, split.indexOf("}"))
        .trim()
        .split("\n");
      expect(parts).toHaveLength(100);
      expect(parts.at(-1)?.trim()).toBe("* 99;");
    }
  });

  it.each([
    ["client_max_body_size 7m;", "bodyLimitMb"],
    ["proxy_connect_timeout 1s;", "connectTimeoutSeconds"],
    ["proxy_read_timeout 31s;", "responseTimeoutSeconds"],
    ["client_body_timeout 32s;", "clientTimeoutSeconds"],
    ["worker_shutdown_timeout 33s;", "drainSeconds"],
    ["worker_processes 2;", "workers"],
  ])("has %s from %s", (line) => {
    expect(renderNginxConf([api], behaviour)).toContain(line);
  });

  it("believes X-Forwarded-For of trusted proxies only", () => {
    expect(renderNginxConf([api], behaviour)).not.toContain("real_ip_header");
    expect(renderNginxConf([api], { ...behaviour, trustedProxies: ["10.0.0.0/8"] })).toContain("set_real_ip_from 10.0.0.0/8;");
  });

  it("answers 404 where no route is, unless a service takes everything", () => {
    expect(renderNginxConf([api], behaviour)).toContain("return 404;");
    expect(renderNginxConf([api, web], behaviour)).not.toContain("return 404;");
  });

  it("sends plain HTTP to HTTPS when it has a certificate, and marks the cookie secure", () => {
    const conf = renderNginxConf([api], { ...behaviour, tlsPort: 8443 });
    expect(conf).toContain("return 308 https://$host:8443$request_uri;");
    expect(conf).toContain("SameSite=Lax; Secure");
    expect(conf).toContain('"" "max-age=31536000";');
    expect(renderNginxConf([api], { ...behaviour, tlsPort: 443 })).toContain("return 308 https://$host$request_uri;");
    expect(renderNginxConf([api], behaviour)).not.toContain("ssl_certificate");
  });

  it("logs one JSON object per request, without the query string", () => {
    const format = /log_format sluice escape=json([\s\S]*?)\n\s*;/.exec(renderNginxConf([api], behaviour))?.[1] ?? "";
    const line = format
      .replace(/\n\s*'|'\n|'$/gm, "")
      .replace(/'/g, "")
      .trim()
      .replace(/"\$[a-z_0-9]+"/g, '"x"')
      .replace(/:\$[a-z_0-9]+/g, ":1");
    expect(Object.keys(JSON.parse(line))).toEqual(
      expect.arrayContaining(["service", "slot", "release", "status", "seconds", "request_id", "probe"]),
    );
    expect(format).not.toContain("$request_uri");
    expect(format).not.toContain("$args");
  });
});
