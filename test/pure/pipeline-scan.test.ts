import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { auditFindings, type Finding, grypeFindings, judge, parseAccepted } from "../../pipeline/scan/findings.ts";

const ROOT = resolve(import.meta.dirname, "..", "..");
const ADVISORY = "GHSA-aaaa-bbbb-cccc";
const TODAY = new Date("2026-11-21T23:59:00Z");

const finding = (more: Partial<Finding> = {}): Finding => ({ id: ADVISORY, severity: "high", where: "left-pad <2", fixed: true, ...more });
const accepted = (until: string) => [{ id: ADVISORY, reason: "it is only used by tests", until }];

describe("what a scan found", () => {
  it.each([
    ["as bad as the level", finding(), [], true],
    ["worse", finding({ severity: "critical" }), [], true],
    ["less bad", finding({ severity: "moderate" }), [], false],
    ["without a mend", finding({ fixed: false }), [], false],
    ["accepted until today", finding(), accepted("2026-11-21"), false],
    ["accepted until yesterday", finding(), accepted("2026-11-20"), true],
    ["another one is accepted", finding({ id: "CVE-2026-0001" }), accepted("2026-12-31"), true],
  ] as const)("stops a pipeline or not: %s", (_, one, list, stops) => {
    const { refused, told } = judge([one], "high", [...list], TODAY);
    expect([refused.length, told.length]).toEqual(stops ? [1, 0] : [0, 1]);
  });

  it("is told with the worst first", () => {
    const all = [finding({ where: "b" }), finding({ where: "c", severity: "critical" }), finding({ where: "a" })];
    expect(judge(all, "low", [], TODAY).refused.map(({ where }) => where)).toEqual(["c", "a", "b"]);
  });

  it("is accepted only with a reason and a last day", () => {
    expect(() => parseAccepted('[{"id":"x","reason":"no"}]', "accepted.json")).toThrow(/0\.id: .*\n.*0\.reason: .*\n.*0\.until: /);
    expect(() => parseAccepted("nothing", "accepted.json")).toThrow("accepted.json is no JSON.");
    expect(parseAccepted(JSON.stringify(accepted("2026-12-31")), "accepted.json")).toHaveLength(1);
  });

  it("is read from npm: each advisory once, and not again for what depends on it", () => {
    const advisory = { url: `https://github.com/advisories/${ADVISORY}`, severity: "moderate", name: "left-pad", range: "<2" };
    const report = {
      vulnerabilities: {
        "left-pad": { via: [advisory] },
        top: { via: ["left-pad"] },
        more: { via: [advisory] },
      },
    };
    expect(auditFindings(report)).toEqual([finding({ severity: "moderate" })]);
    expect(() => auditFindings({ message: "405" })).toThrow();
  });

  it("is read from grype, with Debian's words", () => {
    const match = (id: string, severity: string, state: string) => ({
      vulnerability: { id, severity, fix: { state } },
      artifact: { name: "curl", version: "8.14.1" },
    });
    const report = {
      matches: [
        match("CVE-2026-1", "Medium", "fixed"),
        match("CVE-2026-1", "Medium", "fixed"),
        match("CVE-2026-2", "Negligible", "wont-fix"),
      ],
    };
    expect(grypeFindings(report, "api")).toEqual([
      { id: "CVE-2026-1", severity: "moderate", where: "api: curl 8.14.1", fixed: true },
      { id: "CVE-2026-2", severity: "low", where: "api: curl 8.14.1", fixed: false },
    ]);
  });
});

describe("npm run scan", () => {
  let registry: FastifyInstance;
  let folder: string;
  let severity: string | undefined;
  const scan = (...args: string[]) =>
    execa("node", ["scripts/scan.ts", ...args], {
      ...{ cwd: ROOT, reject: false, preferLocal: true, localDir: ROOT },
      env: {
        npm_config_registry: `${registry.listeningOrigin}/`,
        npm_config_cache: join(folder, "cache"),
        GITHUB_STEP_SUMMARY: join(folder, "summary"),
      },
    });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "scan-"));
    severity = undefined;
    registry = fastify();
    registry.addContentTypeParser("*", (_request, payload, done) => {
      payload.resume();
      payload.on("end", () => done(null));
    });
    registry.removeContentTypeParser("application/json");
    // As npm's registry answers: by package, for the versions of the lock file.
    registry.post("/-/npm/v1/security/advisories/bulk", async (_, reply) => {
      if (severity === undefined) return reply.code(405).send({});
      const advisory = {
        id: 1,
        url: `https://github.com/advisories/${ADVISORY}`,
        title: "planted",
        severity,
        vulnerable_versions: "<99",
        cwe: [],
        cvss: { score: 9, vectorString: null },
      };
      return { fastify: [advisory] };
    });
    registry.get("/fastify", async () => ({
      name: "fastify",
      "dist-tags": { latest: "99.0.0" },
      versions: { "99.0.0": { name: "fastify", version: "99.0.0", dist: {} } },
    }));
    await registry.listen({ host: "127.0.0.1", port: 0 });
  });
  afterEach(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("stops at a vulnerability that the registry knows, and says which in the summary", async () => {
    severity = "critical";
    const { exitCode, stdout, stderr } = await scan("audit");
    expect(exitCode, stderr).toBe(1);
    expect(stdout).toContain(ADVISORY);
    expect(stderr).toMatch(/packages: 1 known vulnerabilities \(0 low, 0 moderate, 0 high, 1 critical\); 1 must be mended\./);
    expect(await readFile(join(folder, "summary"), "utf8")).toContain(`| critical | ${ADVISORY} | fastify <99 |`);
  });

  it("tells of a small one, and goes on", async () => {
    severity = "low";
    const { exitCode, stderr } = await scan("audit");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/1 known vulnerabilities .*; 0 must be mended\. The others/);
  });

  it("calls nothing clean that nobody could be asked about", async () => {
    const { exitCode, stderr } = await scan("audit");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/nothing is said to be clean: 405/);
    expect(stderr).not.toContain("    at ");
  });

  it("lists every package of the lock file", async () => {
    const { exitCode, stderr } = await scan("sbom", "--out", folder);
    expect(exitCode, stderr).toBe(0);
    const bom = JSON.parse(await readFile(join(folder, "sources.cdx.json"), "utf8"));
    const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
    const names = new Set<string>(
      bom.components.map((one: { group?: string; name: string }) => (one.group ? `${one.group}/${one.name}` : one.name)),
    );
    for (const name of Object.keys(lock.packages[""].dependencies)) expect(names).toContain(name);
    expect(bom.components.length).toBeGreaterThan(500);
  });
});
