import { describe, expect, it } from "vitest";
import { median, pairedRatio, quantile, slope, spell } from "../../bench/figures.ts";
import { logFormatOf, renderPlainNginx } from "../../bench/plain-nginx.ts";
import { readWrk } from "../../bench/wrk.ts";
import { renderNginxConf } from "../../components/edge/nginx-conf.ts";

describe("figures", () => {
  it("takes the middle value, and the mean of two", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow("nothing was measured");
  });

  it("takes quantiles by nearest rank", () => {
    const values = Array.from({ length: 40 }, (_, index) => index + 1);
    expect([quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1)]).toEqual([20, 38, 40]);
  });

  it("compares within a round, so a machine that slows down changes no ratio", () => {
    expect(pairedRatio([2, 4, 8], [1, 2, 4])).toBe(2);
  });

  it("finds the growth of a straight line", () => {
    const line = [10, 50, 200].map((x): [number, number] => [x, 3 + 0.02 * x]);
    expect(slope(line)).toBeCloseTo(0.02, 10);
  });

  it("prints no digits that mean nothing", () => {
    expect([505_000, 2019.4, 123.4, 12.34, 1.234].map(spell)).toEqual(["505,000", "2,019", "123", "12.3", "1.23"]);
  });
});

describe("yardsticks", () => {
  it("reads wrk's report, and counts every kind of failure", () => {
    const report =
      "  1000 requests in 1s\n  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 5\nRequests/sec:   2019.10\n";
    expect(readWrk(report)).toEqual({ requestsPerSecond: 2019.1, failed: 15 });
    expect(readWrk("Requests/sec: 7.5")).toEqual({ requestsPerSecond: 7.5, failed: 0 });
    expect(() => readWrk("unable to connect")).toThrow("wrk measured nothing");
  });

  it("takes the edge's own log format, and gives each of its variables a value", () => {
    const behaviour = {
      ...{ headerOverride: true, bodyLimitMb: 10, connectTimeoutSeconds: 1, responseTimeoutSeconds: 30, clientTimeoutSeconds: 30 },
      ...{ drainSeconds: 30, trustedProxies: [], workers: 1 },
      breaker: { failures: 1, ejectSeconds: 2, slowStartRequests: 100, statuses: [] },
    };
    const logFormat = logFormatOf(renderNginxConf([], behaviour));
    const conf = renderPlainNginx({ blue: ["10.0.0.1:80"], green: ["10.0.0.2:80"], split: 10, logFormat });
    const used = new Set(logFormat.match(/\$sluice_\w+/g));
    const given = new Set([...conf.matchAll(/map "" (\$sluice_\w+)/g)].map(([, name]) => name));
    expect(given).toEqual(used);
    expect(conf).toContain('split_clients "$remote_addr$http_user_agent" $slot { 10% green; * blue; }');
    expect(conf).toContain("proxy_pass http://$slot;");
  });
});
