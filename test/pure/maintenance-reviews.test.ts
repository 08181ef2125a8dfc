import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { containersOf, imagesOf } from "../../maintenance/docker-facts.ts";
import type { Finding } from "../../maintenance/job.ts";
import { dayOf, forecast, judge as judgeForecast } from "../../maintenance/jobs/capacity-forecast/forecast.ts";
import { major, render as renderUpdates } from "../../maintenance/jobs/check-updates/check-updates.ts";
import { currentDigest, parseReference } from "../../maintenance/jobs/check-updates/registry.ts";
import { summarize } from "../../maintenance/jobs/cost-summary/cost-summary.ts";
import { bloat, type DatabaseState, drift, judge, type Table } from "../../maintenance/jobs/database-review/judge.ts";
import { baseline, compare, figures, type Measured } from "../../maintenance/jobs/performance-benchmark/compare.ts";
import { load } from "../../maintenance/jobs/performance-benchmark/load.ts";
import { nice, trend } from "../../maintenance/jobs/performance-benchmark/trend.ts";
import { judgeSecrets } from "../../maintenance/jobs/secret-age/secret-age.ts";
import { judgeCertificate } from "../../maintenance/jobs/security-audit/certificates.ts";
import { auditContainers } from "../../maintenance/jobs/security-audit/containers.ts";
import { auditHost } from "../../maintenance/jobs/security-audit/host.ts";
import { HostLook } from "../../maintenance/look.ts";
import { candidates, hostUpgrades, installedIn } from "../../maintenance/packages.ts";

const NOW = Date.parse("2026-11-22T02:00:00Z") / 1000;
const DAY = 86_400;
const never = new AbortController().signal;
const levels = (findings: readonly Finding[]): string[] => findings.map(({ level, what }) => `${level}: ${what}`);

describe("the review of the database", () => {
  const table = (change: Partial<Table>): Table => ({
    ...{
      name: "public.orders",
      bytes: 200e6,
      total: 300e6,
      live: 100_000,
      dead: 0,
      needed: 190e6,
      scans: 0,
      read: 0,
      lookups: 10,
      age: 1,
      vacuumed: NOW,
      analyzed: NOW,
    },
    ...change,
  });
  const state = (change: Partial<DatabaseState>): DatabaseState => ({
    ...{
      bytes: 1e9,
      age: 1000,
      freezeAge: 200_000_000,
      autovacuum: true,
      connections: { used: 3, most: 100 },
      since: NOW - 60 * DAY,
      oldestTransactionSeconds: 0,
    },
    ...{ tables: [], indexes: [], foreignKeys: [], sequences: [], queries: [], schema: [], migrations: [] },
    ...change,
  });
  const index = (change: Partial<DatabaseState["indexes"][number]>) => ({
    ...{ name: "public.orders_at", on: "orders", scans: 5, bytes: 20e6, needed: false, valid: true, definition: "1 2" },
    ...change,
  });

  it.each<[string, Partial<DatabaseState>, string[]]>([
    ["nothing", {}, []],
    [
      "bloat",
      { tables: [table({ needed: 40e6 })] },
      [expect.stringMatching(/^warning: public\.orders holds about 160 MB that no row needs \(80 %/)],
    ],
    ["bloat of a small table", { tables: [table({ bytes: 20e6, needed: 1e6 })] }, []],
    ["a table without statistics", { tables: [table({ needed: undefined })] }, []],
    [
      "dead rows",
      { tables: [table({ dead: 90_000, vacuumed: undefined })] },
      [expect.stringMatching(/^warning: 47\.\d % of the rows of public\.orders are dead; autovacuum was last there never/)],
    ],
    [
      "whole scans",
      { tables: [table({ scans: 60_000, read: 6e9 })] },
      [expect.stringMatching(/^warning: public\.orders \(200 MB\) is read from end to end 1000 times a day, 100000 rows each/)],
    ],
    [
      "an index that nobody uses",
      { indexes: [index({ scans: 0 })] },
      [expect.stringMatching(/^notice: Nobody has used the index public\.orders_at/)],
    ],
    ["one of a constraint", { indexes: [index({ scans: 0, needed: true })] }, []],
    ["one that is counted since yesterday", { since: NOW - DAY, indexes: [index({ scans: 0 })] }, []],
    [
      "an index that is not valid",
      { indexes: [index({ valid: false })] },
      [expect.stringMatching(/^warning: The index public\.orders_at is not valid/)],
    ],
    [
      "the same twice",
      { indexes: [index({ needed: true }), index({ name: "public.twin" })] },
      [expect.stringMatching(/^warning: The indexes public\.orders_at and public\.twin do the same/)],
    ],
    [
      "a foreign key alone",
      { foreignKeys: [{ table: "lines", name: "lines_order", bytes: 50e6 }] },
      [expect.stringMatching(/^warning: No index helps the foreign key lines_order/)],
    ],
    [
      "a sequence near its end",
      { sequences: [{ name: "s", used: 0.92 }] },
      [expect.stringMatching(/^critical: The sequence s has handed out 92 %/)],
    ],
    ["no autovacuum", { autovacuum: false }, [expect.stringMatching(/^critical: autovacuum is off/)]],
    ["old rows", { age: 1_200_000_000 }, [expect.stringMatching(/^critical: 55\.9 % of the transaction numbers/)]],
    [
      "a long transaction",
      { oldestTransactionSeconds: 7200 },
      [expect.stringMatching(/^warning: A transaction has been open for 2 hours/)],
    ],
    [
      "a slow query",
      { queries: [{ text: "select 1", calls: 20, meanMs: 501, totalMs: 1 }] },
      [expect.stringMatching(/^warning: A query takes 501 ms/)],
    ],
    ["a slow query that came once", { queries: [{ text: "select 1", calls: 1, meanMs: 9000, totalMs: 1 }] }, []],
    ["no word about queries", { queries: undefined }, [expect.stringMatching(/^notice: Slow queries are not known/)]],
  ])("finds %s", (_, change, found) => {
    expect(levels(judge(state(change), undefined, NOW))).toEqual(found);
  });

  it("tells drift from a migration", () => {
    const before = { schema: ["table a: x", "table a: y"], migrations: ["1"] };
    expect(drift(before, undefined)).toEqual([]);
    expect(drift(before, before)).toEqual([]);
    expect(levels(drift({ ...before, schema: ["table a: x"] }, before))).toEqual([
      expect.stringMatching(/^warning: .*no migration has come: - table a: y$/),
    ]);
    expect(levels(drift({ schema: ["table a: x", "table a: y", "z"], migrations: ["1", "2"] }, before))).toEqual([
      expect.stringMatching(/^ok: .*\+ z$/),
    ]);
    expect(levels(drift({ schema: ["z"] }, { schema: [] }))).toEqual([expect.stringMatching(/^notice: /)]);
    expect(bloat(table({ bytes: 0, needed: 8192 }))).toBe(0);
  });
});

describe("the forecast", () => {
  const hours = (count: number, value: (hour: number) => number) =>
    Array.from({ length: count }, (_, hour) => [NOW - (count - 1 - hour) * 3600, value(hour)] as const);

  it("finds the day on which a line that rises reaches its end", () => {
    const found = forecast({ name: "disk /", line: hours(24 * 10 + 1, (hour) => 0.5 + (hour / 24) * 0.01) }, NOW);
    expect(found).toMatchObject({
      used: expect.closeTo(0.6, 6),
      perMonth: expect.closeTo(0.3, 6),
      fit: expect.closeTo(1, 6),
      daysLeft: expect.closeTo(40, 4),
    });
    expect(dayOf(40, NOW)).toBe("2027-01-01");
    expect(levels(judgeForecast(found, NOW))).toEqual([
      expect.stringMatching(/^warning: disk \/ is full on 2027-01-01, in (39|40) days; now 60 %/),
    ]);
    expect(judgeForecast({ ...found, daysLeft: 12 }, NOW)[0]?.level).toBe("critical");
    expect(judgeForecast({ ...found, daysLeft: 12, fit: 0.1 }, NOW)[0]).toMatchObject({
      level: "warning",
      what: expect.stringContaining("a guess"),
    });
    expect(judgeForecast({ ...found, daysLeft: 91 }, NOW)).toEqual([]);
  });

  it("finds none where nothing grows, and says what it cannot know", () => {
    expect(forecast({ name: "x", line: hours(100, () => 0.4) }, NOW).daysLeft).toBeUndefined();
    expect(forecast({ name: "x", line: hours(100, (hour) => 0.9 - hour / 1000) }, NOW).daysLeft).toBeUndefined();
    expect(forecast({ name: "x", line: hours(48, (hour) => hour / 100) }, NOW).unknown).toContain("only 2.0 days");
    expect(forecast({ name: "x", line: [] }, NOW).unknown).toBe("nothing was measured");
    expect(levels(judgeForecast(forecast({ name: "x", line: hours(100, () => 0.95) }, NOW), NOW))).toEqual([
      "warning: x is at 95 %, and does not grow.",
    ]);
  });
});

it("secrets are old from their limit on; of what nobody says, a day is asked for", () => {
  const secrets = [{ name: "a", rotated: "2026-08-24" }, { name: "b", rotated: "2026-08-23" }, { name: "c" }];
  const { findings, metrics, summary } = judgeSecrets({ maxDays: 90, secrets }, "2026-11-22");
  expect(levels(findings)).toEqual([
    expect.stringMatching(/^warning: b: it was last changed 91 days ago/),
    expect.stringMatching(/^notice: c: nobody says/),
  ]);
  expect(metrics.map(({ value }) => value)).toEqual([1, 91]);
  expect(summary).toBe("3 secrets: 1 is older than 90 days, of 1 nobody says how old they are.");
});

it("costs are summed with what backups take, and held against the budget", () => {
  const facts = { currency: "EUR", monthly: { VPS: 20 }, storagePerGb: 0.01, budget: 20 };
  const { summary, findings, metrics } = summarize(facts, { backupBytes: 100e9, requests: 2e6, disks: [] });
  expect(summary).toBe("The estate costs 21.00 EUR a month, 105 % of the budget: 10.50 EUR for a million requests.");
  expect(levels(findings)).toEqual(["warning: 21.00 EUR a month is 1.00 EUR more than the budget of 20.00 EUR."]);
  expect(metrics[0]?.value).toBe(21);
  expect(levels(summarize({ ...facts, budget: 21, monthly: {} }, { disks: [] }).findings)).toEqual([
    expect.stringMatching(/^notice: Nobody says/),
    expect.stringMatching(/^notice: What backups take/),
  ]);
});

describe("the benchmark", () => {
  const one = (change: Partial<Measured> = {}): Measured => ({
    ...{ at: "2026-11-22T04:00:00Z", plan: "p", requests: 100, failed: 0, perSecond: 100, p50: 10, p95: 20, p99: 30 },
    ...change,
  });

  it("sends at an even rate, also to a server that does not answer, and counts what comes", async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      if (request.url === "/slow") return;
      response.statusCode = request.url === "/bad" ? 503 : 200;
      response.end("x");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const shots = await load({ origin, paths: ["/", "/bad"], perSecond: 100, seconds: 1 }, never);
    expect([shots.length, asked]).toEqual([100, 100]);
    expect(figures(shots, "p", "t", 1)).toMatchObject({ requests: 100, failed: 0.5, perSecond: 50 });
    const over = new AbortController();
    setTimeout(() => over.abort(new Error("enough")), 300);
    setTimeout(() => server.closeAllConnections(), 600);
    await expect(load({ origin, paths: ["/slow"], perSecond: 50, seconds: 60 }, over.signal)).rejects.toThrow("enough");
    server.close();
    const none = await load({ origin, paths: ["/"], perSecond: 20, seconds: 1 }, never);
    expect(new Set(none.map(({ status }) => status))).toEqual(new Set(["none"]));
  });

  it("compares with the last good measurements of the same load only", () => {
    const history = [one({ plan: "q" }), one({ failed: 0.5 }), ...Array.from({ length: 9 }, (_, index) => one({ at: `${index}` }))];
    expect(baseline(history, "p").map(({ at }) => at)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
  });

  it("warns beyond settings, deviations and noise, not below one of them", () => {
    const known = [10, 10.2, 9.8, 10.1].map((p50) => one({ p50 }));
    expect(compare(one(), known, 25)).toEqual([]);
    expect(levels(compare(one({ p50: 13 }), known, 25))).toEqual([
      expect.stringMatching(/^warning: p50 takes 13\.0 ms, 29\.\d % more than usual \(10\.1 ms; up to 12\.\d is\)/),
    ]);
    expect(compare(one({ p50: 12 }), known, 25)).toEqual([]);
    expect(
      compare(
        one({ p50: 13 }),
        [4, 10, 16].map((p50) => one({ p50 })),
        25,
      ),
    ).toEqual([]);
    expect(
      compare(
        one({ p50: 1.5 }),
        [1, 1, 1].map((p50) => one({ p50 })),
        25,
      ),
    ).toEqual([]);
    expect(levels(compare(one({ failed: 0.02 }), [], 25))).toEqual([
      expect.stringMatching(/^warning: 2 % of 100/),
      expect.stringMatching(/^notice: There are 0/),
    ]);
    expect(compare(one({ failed: 0.06 }), known, 25)[0]?.level).toBe("critical");
  });

  it("draws what it has, also when that is one measurement or none", () => {
    const svg = trend([one(), one({ p99: 90, at: "2026-11-29T04:00:00Z" })]);
    expect(svg).toMatch(/^<svg xmlns=/);
    expect(svg.match(/<circle/g)).toHaveLength(6);
    expect(svg).toContain("2026-11-29");
    for (const history of [[], [one()]]) expect(trend(history)).not.toMatch(/NaN|undefined|Infinity/);
    expect([0.3, 1, 90, 101].map(nice)).toEqual([0.5, 1, 100, 200]);
  });
});

describe("the audit", () => {
  const good = HostLook.parse({
    ...{
      version: 1,
      estate: "shop",
      at: NOW,
      osRelease: "ID=debian",
      failedLogins: "3",
      passwd: "root:x:0:0::/root:/bin/sh\nme:x:1000:1000::/:/bin/sh",
      passwords: "root locked\nme set",
    },
    sshd: "permitrootlogin no\npasswordauthentication no\npermitemptypasswords no",
    sockets: "tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\ntcp LISTEN 0 128 127.0.0.1:8090 0.0.0.0:*\nudp UNCONN 0 0 0.0.0.0:68 0.0.0.0:*",
    ...{
      ufw: "Status: active",
      upgrades: "",
      listsAge: `${NOW - DAY}`,
      time: "NTP=yes\nNTPSynchronized=yes",
      activeUnits: "active\nactive",
    },
  });

  it.each<[string, Partial<HostLook>, string[]]>([
    ["nothing on a good host", {}, []],
    [
      "passwords",
      { sshd: "passwordauthentication yes" },
      ["critical: sshd: passwords are taken: they can be guessed (passwordauthentication yes)."],
    ],
    ["a second root", { passwd: "root:x:0:0::/:\ntoor:x:0:0::/:" }, ["critical: The account 'toor' is root by another name (uid 0)."]],
    ["an open account", { passwords: "guest none" }, ["critical: The account 'guest' has no password, and needs none."]],
    [
      "an open port",
      { sockets: "tcp LISTEN 0 1 *:6379 *:*\ntcp LISTEN 0 1 [::]:6379 [::]:*\ntcp LISTEN 0 1 0.0.0.0:8080 0.0.0.0:*" },
      ["warning: Port 6379 is open on every address."],
    ],
    ["no firewall", { ufw: "Status: inactive", nft: "" }, ["warning: No firewall turns anything away."]],
    ["a firewall of nft", { ufw: null, nft: "chain input { type filter hook input priority filter; policy drop; }" }, []],
    [
      "updates",
      { upgrades: "openssl [3.0.1] (3.0.2 Debian-Security:12/stable-security [amd64])\nvim [1] (2 Debian:12 [amd64])" },
      ["warning: 1 security updates of the host are not installed: openssl."],
    ],
    ["a restart", { rebootRequired: "yes" }, [expect.stringMatching(/^warning: The host waits for a restart/)]],
    ["old lists", { listsAge: `${NOW - 9 * DAY}` }, ["warning: The host has not asked for updates for 9 days."]],
    ["no updates by themselves", { activeUnits: "inactive\nactive" }, ["warning: Security updates are not installed by themselves."]],
    ["a clock", { time: "NTPSynchronized=no" }, [expect.stringMatching(/^warning: The host's clock is not kept right/)]],
    [
      "what the host does not say",
      { sshd: null, sockets: null },
      ["notice: The host did not say: sshd's settings.", "notice: The host did not say: which ports are open."],
    ],
  ])("finds %s", (_, change, found) => {
    expect(levels(auditHost({ ...good, ...change }, NOW, ["8080"]))).toEqual(found);
  });

  const container = (change: object = {}, host: object = {}, config: object = {}) => ({
    ...{ Id: "a", Name: "/shop-api", Image: "sha256:x", State: { Status: "running" }, Mounts: [] },
    Config: {
      Image: "x",
      User: "10001:10001",
      Env: ["PASSWORD_FILE=/run/secrets/x", "POSTGRES_PASSWORD_FILE=/x", "SLUICE_SECRETS_REVISION=ab12", "API_TOKEN="],
      Labels: {},
      ...config,
    },
    HostConfig: {
      ...{
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
        Memory: 1,
        LogConfig: { Type: "json-file", Config: { "max-size": "10m" } },
      },
      ...host,
    },
    ...change,
  });
  it.each<[string, object, string]>([
    ["privileges", container({}, { Privileged: true }), "critical: shop-api is privileged: whoever gets in has the host."],
    [
      "Docker's socket",
      container({ Mounts: [{ Type: "bind", Source: "/run/docker.sock", Destination: "/x", RW: true }] }),
      "critical: shop-api has Docker's socket: whoever gets in has the host.",
    ],
    ["the host's network", container({}, { NetworkMode: "host" }), "critical: shop-api shares the host's network or processes."],
    ["capabilities", container({}, { CapAdd: ["NET_ADMIN"] }), "warning: shop-api has capabilities that containers do not have."],
    ["kept capabilities", container({}, { CapDrop: null }), "warning: shop-api keeps Docker's usual capabilities."],
    ["new privileges", container({}, { SecurityOpt: [] }), "warning: shop-api may gain privileges (no-new-privileges is off)."],
    [
      "a root to write to",
      container({}, { ReadonlyRootfs: false }),
      "warning: shop-api can write to its own programs (the root is not read-only).",
    ],
    ["no limit", container({}, { Memory: 0 }), "warning: shop-api has no memory limit: it can take the host's."],
    ["root", container({}, {}, { User: "0" }), "warning: shop-api runs as root."],
    [
      "a secret",
      container({}, {}, { Env: ["API_TOKEN=abc"] }),
      "critical: shop-api has a secret in its environment, where everybody with Docker reads it.",
    ],
    [
      "logs",
      container({}, { LogConfig: { Type: "json-file", Config: {} } }),
      "warning: shop-api has logs without a bound: they fill the disk.",
    ],
    [
      "a port",
      container({}, { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } }),
      "critical: shop-api can be reached from other machines on port 8080.",
    ],
  ])("finds %s of a container", (_, made, found) => {
    expect(levels(auditContainers(containersOf([made]), [], NOW))).toEqual([found]);
  });

  it("finds nothing on a container as Sluice makes it, and an image that has grown old", () => {
    expect(auditContainers(containersOf([container()]), [], NOW)).toEqual([]);
    expect(containersOf([container(), "x", null])).toHaveLength(1);
    const old = imagesOf([{ Id: "sha256:abc", Created: "2026-08-01T00:00:00Z", RepoTags: ["redis:8"] }]);
    expect(levels(auditContainers([], old, NOW))).toEqual(["notice: The image redis:8 is 113 days old: it has no update since."]);
  });

  it.each([
    ["2027-01-01T00:00:00Z", "ok"],
    ["2026-12-01T00:00:00Z", "warning"],
    ["2026-11-25T00:00:00Z", "critical"],
    ["2026-11-21T00:00:00Z", "critical"],
  ])("a certificate until %s is %s", (until, level) => {
    expect(judgeCertificate({ at: "x:1", subject: "s", until }, NOW * 1000).level).toBe(level);
  });
});

describe("updates", () => {
  it("of the host are read as apt says them", () => {
    expect(
      hostUpgrades("bash [5.2.15-2] (5.2.15-3 Debian-Security:12/stable-security [amd64])\nnew-one (1.0 Debian:12 [amd64])\n\nrubbish"),
    ).toEqual([
      { name: "bash", installed: "5.2.15-2", candidate: "5.2.15-3", security: true },
      { name: "new-one", installed: "new", candidate: "1.0", security: false },
    ]);
    expect(hostUpgrades(null)).toEqual([]);
    expect([...installedIn("bash\t5.2\nlibc6:amd64\t2.41\n\n")]).toEqual([
      ["bash", "5.2"],
      ["libc6", "2.41"],
    ]);
  });

  it("of images are what apt-cache has, security told from the rest", () => {
    const policy = `openssl:
  Installed: 3.5.1-1
  Candidate: 3.5.1-1+deb13u1
  Version table:
     3.5.1-1+deb13u1 500
        500 http://archive.example/debian-security trixie-security/main amd64 Packages
 *** 3.5.1-1 500
        500 http://archive.example/debian trixie/main amd64 Packages
        100 /var/lib/dpkg/status
curl:
  Installed: 8.14.1-2
  Candidate: 8.14.1-2
  Version table:
 *** 8.14.1-2 500
        500 http://archive.example/debian trixie/main amd64 Packages
gone:
  Installed: (none)
  Candidate: (none)
  Version table:
`;
    expect(Object.fromEntries(candidates(policy))).toEqual({
      openssl: { version: "3.5.1-1+deb13u1", security: true },
      curl: { version: "8.14.1-2", security: false },
    });
  });

  it("of registries are asked by name and tag", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    expect(parseReference(`redis:8@${digest}`)).toEqual({ registry: "registry-1.docker.io", name: "library/redis", tag: "8", digest });
    expect(parseReference(`ghcr.io/a/b/c:1.2@${digest}`)).toEqual({ registry: "ghcr.io", name: "a/b/c", tag: "1.2", digest });
    expect(parseReference(`a/b:1@${digest}`)).toMatchObject({ registry: "registry-1.docker.io", name: "a/b" });
    for (const none of [`ghcr.io/a/b@${digest}`, "redis:8", `localhost:5000/a@${digest}`]) expect(parseReference(none)).toBeUndefined();
    const server = createServer((request, response) => {
      if (request.url === "/v2/a/manifests/1") response.setHeader("docker-content-digest", digest).end();
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const registry = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(currentDigest({ registry, name: "a", tag: "1", digest }, never)).resolves.toBe(digest);
    await expect(currentDigest({ registry, name: "b", tag: "1", digest }, never)).rejects.toThrow("answers 404");
    server.close();
  });

  it("are told once for each place, the urgent first, and none is installed", () => {
    expect([major("1:2.3"), major("2.4-1")]).toEqual(["2", "2"]);
    const curl = { name: "curl", installed: "8.1", candidate: "8.2", security: false };
    const ssl = { name: "openssl", installed: "3.1", candidate: "3.2", security: true };
    const out = renderUpdates(
      [
        { place: "host", upgrades: [curl] },
        { place: "api", upgrades: [curl, ssl] },
        { place: "web", upgrades: [{ ...ssl, candidate: "4.0" }] },
      ],
      [{ image: "a", state: "newer", more: "x" }],
      [],
    );
    expect(out.summary).toBe("3 packages (1 for security) and 1 images have updates. Nothing was installed.");
    expect(out.sections[0]?.table?.rows.map((row) => [row[0], row[4]])).toEqual([
      ["openssl", "api, web"],
      ["curl", "host"],
      ["curl", "api"],
    ]);
    expect(levels(out.findings)).toEqual([
      "warning: Security updates: openssl.",
      "notice: The tag of a stands for another image now.",
      expect.stringMatching(/^notice: openssl has a new major version/),
    ]);
    expect(renderUpdates([], [], []).summary).toBe("Everything is up to date.");
  });
});
