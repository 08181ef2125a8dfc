import { describe, expect, it } from "vitest";
import { parseAudit } from "../../evidence/parts/audit.ts";
import { parseBiome } from "../../evidence/parts/lint.ts";
import { parseGrype, parseTrivy } from "../../evidence/parts/scan.ts";
import { parseSecretlint } from "../../evidence/parts/secrets.ts";
import { failuresOf, outsideTests, parseCoverage, parseVitest } from "../../evidence/parts/tests.ts";
import { parseTsc } from "../../evidence/parts/types.ts";

// What stands here as a tool's output was written by that tool, and only made shorter; but for the scanners', see there.

describe("biome", () => {
  const report = (errors: number, warnings: number, unchanged = 2) =>
    `{"summary":{"changed":0,"unchanged":${unchanged},"matches":0,"duration":3747727,"errors":${errors},"warnings":${warnings},"infos":0,"skipped":0,"suggestedFixesSkipped":0,"diagnosticsNotPrinted":0,"scannerDuration":1483836},"diagnostics":[{"severity":"error","message":"Unexpected any. Specify a different type.","category":"lint/suspicious/noExplicitAny","location":{"path":"bad.ts","start":{"line":1,"column":10},"end":{"line":1,"column":13}},"advices":[]}],"command":"lint"}`;

  it("is believed in its summary, as its list may be cut", () => {
    expect(parseBiome(report(2, 1))).toEqual({ errors: 2, warnings: 1 });
    expect(parseBiome(report(0, 0))).toEqual({ errors: 0, warnings: 0 });
  });

  it.each([
    ["", "biome gave no JSON, but: nothing"],
    ["Some errors were emitted", "biome gave no JSON, but: Some errors"],
    [report(0, 0, 0), "biome looked at no file"],
    ["{}", "summary"],
  ])("is not taken for clean when it says %j", (text, words) => {
    expect(() => parseBiome(text)).toThrow(words);
  });
});

describe("tsc", () => {
  const two = `../bad.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.
../bad.ts(2,14): error TS2345: Argument of type 'A' is not assignable to parameter of type 'B'.
  Type 'A' is missing the following properties: error TS1, (1,2): error TS3: c`;

  it("is counted by its errors, not by their explanations", () => {
    expect(parseTsc({ exitCode: 2, stdout: two, stderr: "" })).toBe(2);
    expect(parseTsc({ exitCode: 1, stdout: "error TS5058: The specified path does not exist: 'x'.", stderr: "" })).toBe(1);
    expect(parseTsc({ exitCode: 0, stdout: "", stderr: "" })).toBe(0);
  });

  it("is not taken for clean when it broke", () => {
    expect(() => parseTsc({ exitCode: 134, stdout: "", stderr: "FATAL ERROR: Reached heap limit" })).toThrow(
      "exit code 134: FATAL ERROR: Reached heap limit",
    );
  });
});

describe("vitest", () => {
  const report = JSON.stringify({
    ...{ numTotalTestSuites: 2, numPassedTestSuites: 0, numFailedTestSuites: 2, numPendingTestSuites: 0, numTotalTests: 4 },
    ...{ numPassedTests: 1, numFailedTests: 1, numPendingTests: 1, numTodoTests: 1, startTime: 1795268593163, success: false },
    testResults: [
      {
        assertionResults: [
          { ancestorTitles: [], fullName: "holds", status: "passed", title: "holds", duration: 2, failureMessages: [] },
          {
            fullName: "does not",
            status: "failed",
            failureMessages: ["AssertionError: expected 1 to be 2 // Object.is equality\n    at /p/a.test.ts:3:32"],
          },
          { fullName: "later", status: "skipped", failureMessages: [] },
          { fullName: "some day", status: "todo", failureMessages: [] },
        ],
        ...{ startTime: 1795268593402, endTime: 1795268593409.244, status: "failed", message: "", name: "/p/a.test.ts" },
      },
      { assertionResults: [], status: "failed", message: "Cannot find module './nowhere.ts'\nfrom b", name: "/p/b.test.ts" },
    ],
  });

  it("has one failure for each test that failed and each file that did not load; what is skipped has not passed", () => {
    expect(parseVitest(report)).toEqual({ passed: 1, failed: 2, skipped: 2 });
    expect(failuresOf(report)).toEqual([
      "does not: AssertionError: expected 1 to be 2 // Object.is equality",
      "/p/b.test.ts: Cannot find module './nowhere.ts'",
    ]);
  });

  it("tells of an error that no test has, and where it came from", () => {
    // By vitest 5.1.1.
    const said = [
      "⎯⎯⎯⎯⎯⎯ Unhandled Errors ⎯⎯⎯⎯⎯⎯",
      "",
      "Vitest caught 1 unhandled error during the test run.",
      "This might cause false positive tests. Resolve unhandled errors to make sure your tests are not affected.",
      "",
      "⎯⎯⎯⎯⎯ Uncaught Exception ⎯⎯⎯⎯⎯",
      "Error: nobody awaited this",
      " ❯ Timeout._onTimeout examples/test/unit/zz.test.ts:2:48",
      '      1| import { it } from "vitest";',
      " ❯ listOnTimeout node:internal/timers:608:17",
      " ❯ process.processTimers node:internal/timers:523:7",
      "",
      'This error originated in "examples/test/unit/zz.test.ts" test file. It doesn\'t mean the error was thrown inside the file itself, but while it was running.',
      'The last test to run before this error was "x". This means either:',
    ].join("\n");
    expect(outsideTests(said)?.split("\n")).toEqual([
      "an error outside of every test: Error: nobody awaited this",
      "❯ Timeout._onTimeout examples/test/unit/zz.test.ts:2:48",
      "❯ listOnTimeout node:internal/timers:608:17",
      expect.stringContaining("originated in"),
      expect.stringContaining('was "x"'),
    ]);
    expect(outsideTests("Error: it did not start")).toBeUndefined();
  });

  it("is not taken for green when it wrote nothing", () => {
    expect(() => parseVitest("")).toThrow("vitest gave no JSON");
    expect(() => parseVitest("{}")).toThrow();
  });
});

describe("a coverage summary", () => {
  const summary = (lines: string) => `{"total":{"lines":${lines},"statements":{"total":345,"covered":338,"skipped":0,"pct":97.96}}}`;

  it("is taken by its lines, of vitest and of c8", () => {
    expect(parseCoverage(summary('{"total":330,"covered":329,"skipped":0,"pct":99.69}'))).toEqual({
      percent: 99.69,
      covered: 329,
      total: 330,
    });
    expect(parseCoverage(summary('{"total":892,"covered":870,"skipped":0,"pct":97.53}'))).toEqual({
      percent: 97.53,
      covered: 870,
      total: 892,
    });
  });

  it("is nothing where there are no lines, whatever it calls that", () => {
    expect(parseCoverage(summary('{"total":0,"covered":0,"skipped":0,"pct":"Unknown"}'))).toEqual({ percent: 0, covered: 0, total: 0 });
    expect(() => parseCoverage("{}")).toThrow();
  });
});

describe("npm audit", () => {
  it("is taken by its own sums", () => {
    // By npm 11 against a registry of one package with one advisory.
    const found = `{"auditReportVersion":2,"vulnerabilities":{"left":{"name":"left","severity":"high","isDirect":true}},"metadata":{"vulnerabilities":{"info":0,"low":0,"moderate":0,"high":1,"critical":0,"total":1},"dependencies":{"prod":2,"dev":0,"optional":0,"peer":0,"peerOptional":0,"total":1}}}`;
    expect(parseAudit(found)).toEqual({ critical: 0, high: 1, moderate: 0, low: 0 });
  });

  it("is not taken for clean when the registry does not answer it", () => {
    const refused = `{"message":"405 Method Not Allowed - POST https://registry.npmjs.org/-/npm/v1/security/advisories/bulk","method":"POST","statusCode":405,"body":"","error":{"summary":"","detail":""}}`;
    expect(() => parseAudit(refused)).toThrow("npm audit: 405 Method Not Allowed");
    expect(() => parseAudit('{"error":{"summary":"no lock file","detail":"try npm i"}}')).toThrow("npm audit: no lock file; try npm i");
    expect(() => parseAudit("{}")).toThrow("no report and no reason");
    expect(() => parseAudit("")).toThrow("npm audit gave no JSON");
  });
});

describe("secretlint", () => {
  const planted = ["xoxb", "123456789012", "1234567890123", "AbCdEfGhIjKlMnOpQrStUvWx"].join("-");
  const message = (severity: string) => ({
    message: `found slack token: ${planted}`,
    range: [198, 254],
    type: "message",
    ruleId: "@secretlint/secretlint-rule-slack",
    ruleParentId: "@secretlint/secretlint-rule-preset-recommend",
    loc: { start: { line: 5, column: 6 }, end: { line: 5, column: 62 } },
    severity,
    messageId: "SLACK_TOKEN",
    data: { TOKEN: planted },
  });
  const output = (...messages: object[]) =>
    JSON.stringify([{ filePath: "/p/src/key.txt", sourceContent: `slack ${planted}\n`, sourceContentType: "text", messages }]);

  it("leaves nothing of a secret but its place", () => {
    const findings = parseSecretlint(output(message("error")), "/p");
    expect(findings).toEqual([{ file: "src/key.txt", line: 5, rule: "slack" }]);
    expect(JSON.stringify(findings)).not.toContain(planted.slice(5));
  });

  it("is clean when it lists files and finds nothing in them", () => {
    expect(parseSecretlint(output(), "/p")).toEqual([]);
    expect(parseSecretlint(output(message("info")), "/p")).toEqual([]);
    expect(() => parseSecretlint("", "/p")).toThrow("secretlint gave no JSON");
  });
});

// No scanner and no database of vulnerabilities was to be had where this was written: these follow the formats that grype and trivy document.
describe("image scanners", () => {
  it("are counted by severity; what nobody has judged yet is low, not absent", () => {
    const match = (severity: string) => ({ vulnerability: { id: "CVE-1", severity }, artifact: { name: "curl", version: "8" } });
    const grype = { matches: ["Critical", "High", "High", "Medium", "Low", "Negligible", "Unknown"].map(match) };
    expect(parseGrype(JSON.stringify(grype))).toEqual({ critical: 1, high: 2, moderate: 1, low: 3 });
    const trivy = {
      SchemaVersion: 2,
      Results: [
        { Target: "a", Vulnerabilities: [{ Severity: "CRITICAL" }, { Severity: "UNKNOWN" }] },
        { Target: "b" },
        { Vulnerabilities: null },
      ],
    };
    expect(parseTrivy(JSON.stringify(trivy))).toEqual({ critical: 1, high: 0, moderate: 0, low: 1 });
    expect(parseTrivy('{"SchemaVersion":2}')).toEqual({ critical: 0, high: 0, moderate: 0, low: 0 });
  });

  it("are not taken for clean when they say something else", () => {
    expect(() => parseGrype("{}")).toThrow();
    expect(() => parseGrype("failed to load the database")).toThrow("grype gave no JSON");
    expect(() => parseTrivy("")).toThrow("trivy gave no JSON");
  });
});
