import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "../../maintenance/job.ts";
import type { JobConfig, RunRecord } from "../../maintenance/runner/config.ts";
import { readLine } from "../../maintenance/runner/input.ts";
import { renderMetrics } from "../../maintenance/runner/metrics.ts";
import { renderReport } from "../../maintenance/runner/report.ts";
import { readRecords, Store } from "../../maintenance/runner/store.ts";
import { isTold, message, newsOf } from "../../maintenance/runner/tell.ts";

const MAIN = join(import.meta.dirname, "../../maintenance/runner/main.ts");

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "jobs-"));
  mkdirSync(join(dir, "secrets"));
  mkdirSync(join(dir, "tmp"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const base = {
  estate: "shop",
  name: "books",
  does: "closes the books",
  limitSeconds: 60,
  retries: 0,
  pauseSeconds: 0.05,
  tells: "problems" as const,
  facts: {},
};

/** Run a program as a job, by the real runner. */
function begin(config: Partial<JobConfig>, input = "{}\n") {
  const env = {
    SLUICE_JOB: JSON.stringify({ ...base, ...config }),
    SLUICE_JOBS: join(dir, "jobs"),
    SLUICE_SECRETS: join(dir, "secrets"),
    SLUICE_TMP: join(dir, "tmp"),
  };
  return execa("node", [MAIN], { env, input, reject: false, all: true });
}
const shell = (script: string) => ({ command: ["sh", "-c", script] });
const history = () => readRecords(readFileSync(join(dir, "jobs/history/books.jsonl"), "utf8"));
const metrics = () => readFileSync(join(dir, "jobs/.metrics/books.prom"), "utf8");
const report = () => readFileSync(join(dir, "jobs/reports/books/latest.md"), "utf8");
const number = (name: string) => Number(new RegExp(`^${name}\\{job="books"\\} (.*)$`, "m").exec(metrics())?.[1]);

describe("a run", () => {
  it("that does its work ends well: history, report, numbers", async () => {
    const { exitCode, all } = await begin(shell("echo one; echo 12 books are closed"));
    expect([exitCode, all]).toEqual([0, expect.stringContaining("ok: 12 books are closed")]);
    expect(history()).toEqual([
      expect.objectContaining({ job: "books", result: "ok", attempts: 1, summary: "12 books are closed", findings: {} }),
    ]);
    expect(report()).toContain("**ok**. It closes the books.");
    expect([number("sluice_job_last_exit_code"), number("sluice_job_running_since_timestamp_seconds")]).toEqual([0, 0]);
    expect(Math.abs(number("sluice_job_last_success_timestamp_seconds") - Date.now() / 1000)).toBeLessThan(60);
  });

  it("that fails is tried again as often as it may, then has failed; its last success stays", async () => {
    await begin(shell("true"));
    const before = number("sluice_job_last_success_timestamp_seconds");
    const { exitCode, all } = await begin({ ...shell(`echo x >> ${dir}/tries; echo no money; exit 3`), retries: 2 });
    expect([exitCode, readFileSync(join(dir, "tries"), "utf8")]).toEqual([1, "x\nx\nx\n"]);
    expect(all).toContain("try 2 failed: sh ended with code 3: no money");
    expect(history().at(-1)).toMatchObject({ result: "failed", attempts: 3, summary: "sh ended with code 3: no money" });
    expect([number("sluice_job_last_exit_code"), number("sluice_job_last_success_timestamp_seconds")]).toEqual([1, before]);
  });

  it("that is better the second time ends well", async () => {
    const { exitCode } = await begin({ ...shell(`[ -e ${dir}/once ] || { touch ${dir}/once; exit 1; }`), retries: 1 });
    expect([exitCode, history().at(-1)]).toEqual([0, expect.objectContaining({ result: "ok", attempts: 2 })]);
  });

  it("that hangs is killed at its limit, with all that it has started, also what ignores the request", async () => {
    // A grandchild that hears nothing, and writes for as long as it lives. Its limit leaves a busy machine the time to start it.
    const stubborn = `trap '' TERM; (trap '' TERM; while :; do date +%s%N > ${dir}/alive; sleep 0.05; done) & wait; while :; do sleep 1; done`;
    const began = Date.now();
    const { exitCode } = await begin({ ...shell(stubborn), limitSeconds: 5, retries: 5 });
    expect(exitCode).toBe(124);
    expect(Date.now() - began).toBeLessThan(40_000);
    expect(history().at(-1)).toMatchObject({
      result: "timed out",
      attempts: 1,
      summary: expect.stringContaining("had not ended after 5 s, and was killed"),
    });
    const last = readFileSync(join(dir, "alive"), "utf8");
    await sleep(500);
    expect(readFileSync(join(dir, "alive"), "utf8")).toBe(last);
    expect(number("sluice_job_last_exit_code")).toBe(124);
  });

  it("that is stopped says so", async () => {
    const run = begin(shell(`touch ${dir}/began; exec sleep 60`));
    while (!existsSync(join(dir, "began"))) await sleep(20);
    run.kill("SIGTERM");
    expect((await run).exitCode).toBe(143);
    expect(history().at(-1)).toMatchObject({ result: "stopped" });
  });

  it("says that it is under way, for as long as it is", async () => {
    const run = begin(shell(`touch ${dir}/began; while [ ! -e ${dir}/go ]; do sleep 0.05; done`));
    while (!existsSync(join(dir, "began"))) await sleep(20);
    expect(Math.abs(number("sluice_job_running_since_timestamp_seconds") - Date.now() / 1000)).toBeLessThan(60);
    writeFileSync(join(dir, "go"), "");
    await run;
    expect(number("sluice_job_running_since_timestamp_seconds")).toBe(0);
  });

  it("on another day than it is for goes home at once, and counts for nothing", async () => {
    const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    const today = days[new Date().getUTCDay()] ?? "";
    const other = days[(new Date().getUTCDay() + 3) % 7] ?? "";
    const { exitCode, all } = await begin({ ...shell(`touch ${dir}/did`), onlyOn: { weekday: other, timeZone: "UTC" } });
    expect([exitCode, all, existsSync(join(dir, "did"))]).toEqual([0, expect.stringContaining(`it is not ${other} in UTC`), false]);
    await begin({ ...shell(`touch ${dir}/did`), onlyOn: { weekday: today, timeZone: "UTC" } });
    expect(existsSync(join(dir, "did"))).toBe(true);
  });

  it("of a job that the image does not have fails, and says which it has", async () => {
    const { exitCode, all } = await begin({ name: "nothing" });
    expect([exitCode, all]).toEqual([1, expect.stringMatching(/this image has no job 'nothing': it has .*rotate-logs/)]);
  });

  it("of rotate-logs without a look at the host fails in words", async () => {
    const { exitCode, all } = await begin({ name: "rotate-logs" }, '{"look":null}\n');
    expect([exitCode, all]).toEqual([1, expect.stringContaining("the host was not looked at")]);
  });
});

describe("who is told", () => {
  let heard: { url: string; body: string }[];
  let server: Server;
  let address: string;
  beforeEach(async () => {
    heard = [];
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        heard.push({ url: request.url ?? "", body: Buffer.concat(chunks).toString() });
        response.end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("is the alerting and the webhook, of a run that failed; no secret is in a message, a report or a log", async () => {
    const secret = `s3cr-${randomBytes(12).toString("hex")}`;
    writeFileSync(join(dir, "secrets/webhook"), `${address}/hook/${secret}\n`);
    writeFileSync(join(dir, "secrets/token"), secret);
    const { all } = await begin({
      ...shell(`echo "refused: token $(cat ${dir}/secrets/token)"; exit 1`),
      alertmanager: address,
      webhook: "webhook",
    });
    expect(heard.map(({ url }) => url).sort()).toEqual(["/api/v2/alerts", `/hook/${secret}`]);
    const everything = [all, report(), readFileSync(join(dir, "jobs/history/books.jsonl"), "utf8"), ...heard.map(({ body }) => body)].join(
      "\n",
    );
    expect(everything).toContain("refused: token [secret]");
    expect(everything).not.toContain(secret);
    const [alert] = JSON.parse(heard.find(({ url }) => url === "/api/v2/alerts")?.body ?? "[]");
    expect(alert).toMatchObject({ labels: { alertname: "JobTrouble", news: "job", maintenance: "books", severity: "warning" } });
  });

  it("is nobody, of a run that ended well and tells of problems alone", async () => {
    await begin({ ...shell("true"), alertmanager: address });
    expect(heard).toEqual([]);
    await begin({ ...shell("true"), alertmanager: address, tells: "always" });
    expect(heard).toHaveLength(1);
  });

  it("a channel that is away holds nothing up and changes no exit code", async () => {
    const { exitCode, all } = await begin({ ...shell("true"), tells: "always", alertmanager: "http://127.0.0.1:9" });
    expect([exitCode, all]).toEqual([0, expect.stringContaining("could not tell: Alertmanager does not answer")]);
  });
});

const record: RunRecord = {
  id: "20261122T033000Z",
  job: "books",
  began: "2026-11-22T03:30:00.000Z",
  seconds: 12.5,
  result: "found",
  attempts: 2,
  summary: "1 book is open.",
  findings: { critical: 1 },
};
const findings: Finding[] = [
  { level: "notice", what: "a | b" },
  { level: "critical", what: "book 7 is open", todo: "close it: `books close 7`" },
];

describe("what is written", () => {
  it("a report has the worst first, and nothing in it is markup that nobody wrote", () => {
    const text = renderReport(base, record, {
      ...{ summary: "", findings, metrics: [] },
      sections: [
        { title: "Trend", picture: { name: "trend of it", svg: "<svg/>" } },
        { title: "Rows", text: "Some *text*.", table: { head: ["a", "b"], rows: [["1", "<x>"]] } },
      ],
    });
    expect(text).toContain("2026-11-22 03:30 UTC, 12.5 s, 2 tries: **found**");
    expect(text.indexOf("book 7")).toBeLessThan(text.indexOf("a \\| b"));
    expect(text).toContain("## Findings: 1 critical and 1 notice");
    expect(text).toContain("| critical | book 7 is open | close it: `books close 7` |");
    expect(text).toContain("![Trend](20261122T033000Z-trend-of-it.svg)");
    expect(text).toContain("| 1 | \\<x\\> |");
  });

  it("a message names what is worth a message", () => {
    const { title, text } = message(base, record, findings);
    expect([title, text.includes("a | b")]).toEqual(["books of shop: found, 12.5 s", false]);
    expect(text).toContain("critical: book 7 is open (close it: `books close 7`)");
    expect(newsOf({ ...base } as JobConfig, record, findings, 0).labels.severity).toBe("warning");
    expect(isTold({ tells: "problems" }, { ...record, result: "ok" }, [{ level: "notice", what: "" }])).toBe(false);
    expect(isTold({ tells: "problems" }, { ...record, result: "ok" }, [{ level: "warning", what: "" }])).toBe(true);
  });

  it("numbers are Prometheus' text, whatever stands in a label", () => {
    const text = renderMetrics("books", [
      { name: "sluice_books_open", help: 'a "b"\nc', labels: { shelf: 'x"\\\n' }, value: 2 },
      { name: "sluice_books_open", help: "", labels: { shelf: "y" }, value: Number.POSITIVE_INFINITY },
    ]);
    expect(text).toBe(
      '# HELP sluice_books_open a \\"b\\"\\nc\n# TYPE sluice_books_open gauge\nsluice_books_open{shelf="x\\"\\\\\\n",job="books"} 2\nsluice_books_open{shelf="y",job="books"} +Inf\n',
    );
    expect(() => renderMetrics("books", [{ name: "a b", help: "", value: 1 }])).toThrow("'a b' is no name");
  });

  it("a history outlives a line that was cut short, and keeps the reports of the last hundred runs", () => {
    const store = new Store(dir, "books");
    store.add(record);
    writeFileSync(join(dir, "history/books.jsonl"), '{"id":"2026', { flag: "a" });
    store.add({ ...record, id: "20261122T043000Z" });
    expect(store.history().map(({ id }) => id)).toEqual([record.id, "20261122T043000Z"]);
    for (let run = 0; run < 103; run += 1) {
      const id = `20260101T${String(run).padStart(6, "0")}Z`;
      store.report(id, `${run}`, { [`${id}-x.svg`]: "<svg/>" });
    }
    const kept = readdirSync(join(dir, "reports/books"));
    expect([kept.length, kept.includes("20260101T000002Z.md"), kept.includes("20260101T000003Z-x.svg")]).toEqual([201, false, true]);
    expect(readFileSync(join(dir, "reports/books/latest.md"), "utf8")).toBe("102");
  });

  it("the line that a run is begun with is read as it came, in any pieces, and anything else is nothing", async () => {
    await fc.assert(
      // A name that is no name: what checks an object leaves it out, so that nobody's prototype is changed.
      fc.asyncProperty(
        fc.dictionary(
          fc.string().filter((name) => name !== "__proto__"),
          fc.json(),
        ),
        fc.integer({ min: 1, max: 7 }),
        async (value, size) => {
          const input = new PassThrough();
          const read = readLine(input, 5000);
          const bytes = Buffer.from(`${JSON.stringify(value)}\nmore`);
          for (let at = 0; at < bytes.length; at += size) input.write(bytes.subarray(at, at + size));
          expect(await read).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
      { numRuns: 50 },
    );
    for (const text of ["", "no", "[1]\n", "7\n"]) {
      const input = new PassThrough();
      input.end(text);
      expect(await readLine(input, 5000)).toEqual({});
    }
    expect(await readLine(new PassThrough(), 20)).toEqual({});
  });
});
