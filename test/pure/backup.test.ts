import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JobWorld } from "../../maintenance/job.ts";
import { missingWords } from "../../maintenance/jobs/backup/find.ts";
import { report } from "../../maintenance/jobs/backup/report.ts";
import { wanted } from "../../maintenance/jobs/restore/contents.ts";
import { parseOptions } from "../../maintenance/jobs/restore/options.ts";
import { refusalWords } from "../../maintenance/jobs/restore/replace.ts";
import { report as drillReport } from "../../maintenance/jobs/restore-drill/report.ts";
import { refusedWords } from "../../maintenance/postgres/connection.ts";
import { type DatabaseManifest, differences, tableSum, verifyingSql } from "../../maintenance/postgres/manifest.ts";
import { open, pipe, relay, run } from "../../maintenance/programs.ts";
import { repositoryAddress } from "../../maintenance/restic/facts.ts";
import { reach, skewWords, unreachableWords } from "../../maintenance/restic/reach.ts";
import { Repository } from "../../maintenance/restic/repository.ts";
import { backups, choose, leftovers, partToRead, type Snapshot, tagsOf } from "../../maintenance/restic/snapshots.ts";
import { causeOf, hopeless, lastWords } from "../../maintenance/restic/words.ts";
import { ago, bytes, percent, seconds } from "../../maintenance/words.ts";

const store = {
  ...{ endpoint: "https://s3.example.com", bucket: "shop-backups", prefix: "shop/prod", patienceSeconds: 1 },
  ...{ keyIdSecret: "backup-key-id", keySecret: "backup-key", passwordSecret: "backup-password" },
};
const never = new AbortController().signal;

function snapshot(run: string, kind: "set" | "database", time: string, occasion: "sluice" | "sluice-before" = "sluice"): Snapshot {
  return {
    id: `${kind}${run}`.padEnd(64, "0"),
    time,
    tags: tagsOf(occasion, kind, run).split(","),
    paths: [`/jobs/work/x/set/manifest.json`],
  };
}

describe("what the store says", () => {
  // As restic 0.18 wrote it, before versitygw 1.8; the others are S3's own messages.
  it.each([
    ["No user exists with the provided access key ID.", "key", "backup-key-id"],
    ["The AWS Access Key Id you provided does not exist in our records.", "key", "backup-key-id"],
    [
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      "key",
      "'backup-key'",
    ],
    ["The difference between the request time and the current time is too large.", "clock", "timedatectl"],
    ["The difference between the request time and the server's time is too large.", "clock", "timedatectl"],
    ["Stat: The specified bucket does not exist.", "bucket", "shop-backups"],
    ["client.PutObject: No space left on device.", "full", "shop-backups"],
    ["client.PutObject: Bucket quota exceeded", "full", "shop-backups"],
    ["client.PutObject: Storage backend has reached its minimum free drive threshold.", "full", "shop-backups"],
    ["write /jobs/work/backup-to-r2/tmp/restic-temp-pack-1: no space left on device", "disk", "host's disk"],
    ["client.PutObject: Access Denied.", "rights", "write and delete"],
    ["dial tcp: lookup s3.example.com: no such host", "address", "endpoint"],
    ["tls: failed to verify certificate: x509: certificate signed by unknown authority", "tls", "certificate"],
  ])("is known: %s", (words, kind, about) => {
    const cause = hopeless(`Save(<data/4f7b39d2e2>) returned error, retrying after 1.2s: ${words}`, store);
    expect(cause?.kind).toBe(kind);
    expect(`${cause?.what} ${cause?.todo}`).toContain(about);
  });

  it.each([
    "Save(<data/4f7b39d2e2>) returned error, retrying after 10.41488797s: connection reset by peer",
    "Load(<data/09e578e3c5>) operation successful after 1 retries",
    "read tcp 10.0.0.2:41234->10.0.0.9:443: i/o timeout",
  ])("may come right by itself: %s", (line) => {
    expect(hopeless(line, store)).toBeUndefined();
  });

  it.each([
    [12, "Fatal: wrong password or no key found", "password"],
    [10, "Fatal: repository does not exist", "missing"],
    [11, "unable to create lock in backend: repository is already locked", "locked"],
    [1, "Fatal: cannot dump file: decrypting blob <data/3d29f665> from 09e578e3 failed: ciphertext verification failed", "damaged"],
    [1, '{"message_type":"exit_error","code":1,"message":"Fatal: repository contains errors"}', "damaged"],
    [
      1,
      'subprocess pg_dump: pg_dump: error: query failed\n{"message_type":"exit_error","message":"Fatal: unable to save snapshot: failed to save /x: Fatal: command failed: exit status 1"}',
      "source",
    ],
  ])("has an exit code of %i and means: %s", (code, said, kind) => {
    const cause = causeOf(code, said, store);
    expect(cause?.kind).toBe(kind);
    if (kind === "source") expect(cause?.what).toContain("It says: pg_dump: error: query failed");
  });

  it("is told in its last words where nothing is known of it", () => {
    expect(causeOf(1, "Fatal: something new", store)).toBeUndefined();
    expect(lastWords('a\n{"message_type":"exit_error","message":"Fatal: something new\\nIs it?"}\n\n')).toBe(
      "a Fatal: something new\nIs it?",
    );
    expect(lastWords("")).toBe("it said nothing");
  });
});

describe("an address where nobody answers", () => {
  it.each([
    ["ENOTFOUND", "is not known here"],
    ["ECONNREFUSED", "Nobody listens"],
    ["UND_ERR_CONNECT_TIMEOUT", "has not answered for 15 seconds"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "is not to be trusted"],
    ["EHOSTUNREACH", "does not come about"],
  ])("is told in words: %s", (code, words) => {
    expect(unreachableWords(store.endpoint, { name: "TypeError", cause: { code } })).toContain(words);
  });

  it("is one whose clock is another: 15 minutes are too much, 14 are told as they are", async () => {
    const server = createServer((_, response) => response.setHeader("date", "Sun, 22 Nov 2026 03:00:00 GMT").end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const at = (time: string) => reach(endpoint, () => new Date(time), never);
      await expect(at("2026-11-22T03:14:00Z")).resolves.toEqual({ aheadSeconds: 840 });
      await expect(at("2026-11-22T03:16:00Z")).rejects.toThrow("16 minutes ahead of");
      await expect(at("2026-11-22T02:40:00Z")).rejects.toThrow("20 minutes behind");
    } finally {
      server.close();
    }
    await expect(reach(endpoint, () => new Date(), never)).rejects.toThrow("Nobody listens");
    expect(skewWords("x", 960)).toContain("timedatectl set-ntp true");
  });
});

describe("backups in a repository", () => {
  const all = [
    snapshot("a", "database", "2026-11-20T03:00:00Z"),
    snapshot("a", "set", "2026-11-20T03:00:00Z"),
    snapshot("b", "database", "2026-11-21T03:00:00Z"),
    snapshot("c", "set", "2026-11-22T03:00:00Z"),
    snapshot("c", "database", "2026-11-22T03:00:00Z"),
    snapshot("d", "set", "2026-11-22T04:00:00Z", "sluice-before"),
    { id: "e".repeat(64), time: "2026-11-23T03:00:00Z", tags: ["mine"], paths: [] },
    { id: "f".repeat(64), time: "2026-11-23T03:00:00Z" },
  ];

  it("are whole ones only, the newest first, and no others'", () => {
    expect(backups(all).map(({ run }) => run)).toEqual(["c", "a"]);
    expect(backups(all)[0]?.database?.id).toMatch(/^databasec/);
    expect(backups(all, "sluice-before").map(({ run }) => run)).toEqual(["d"]);
  });

  it("leave behind what died before it was whole; the run under way is none of that", () => {
    expect(leftovers(all, "z")).toEqual([all[2]?.id]);
    expect(leftovers(all, "b")).toEqual([]);
  });

  it("are found by name, by day and by the beginning of an id", () => {
    const known = backups(all);
    expect(choose(known, "newest")?.run).toBe("c");
    expect(choose(known, "a")?.run).toBe("a");
    expect(choose(known, "2026-11-20")?.run).toBe("a");
    expect(choose(known, "databasec")?.run).toBe("c");
    expect(choose(known, "2026-11-21")).toBeUndefined();
    expect(choose([], "newest")).toBeUndefined();
    expect(missingWords(known, "shop", "x")).toContain("the newest are: c, a");
    expect(missingWords([], "shop", "newest")).toContain("npm run job -- run backup-to-r2");
  });

  it("are read again once in so many days, a part each day", () => {
    const day = (n: number) => new Date(Date.UTC(2026, 10, n, 3));
    const week = [1, 2, 3, 4, 5, 6, 7].map((n) => partToRead(day(n), 7));
    expect(new Set(week)).toEqual(new Set(["1/7", "2/7", "3/7", "4/7", "5/7", "6/7", "7/7"]));
    expect(partToRead(day(8), 7)).toBe(partToRead(day(1), 7));
    expect(partToRead(day(8), 1)).toBe("1/1");
  });

  it("are at an address that restic knows", () => {
    expect(repositoryAddress({ ...store, endpoint: "https://s3.example.com/" })).toBe("s3:https://s3.example.com/shop-backups/shop/prod");
  });
});

const manifest = (change: Partial<DatabaseManifest> = {}): DatabaseManifest => ({
  ...{ database: "app", server: "17.6" },
  tables: [
    { name: '"public"."orders"', rows: 3, sum: "1:2" },
    { name: '"public"."lines"', rows: 5, sum: "3:4" },
  ],
  largeObjects: { count: 0, sum: "0:0" },
  sequences: [{ name: '"public"."orders_id_seq"', value: "9007199254740993" }],
  objects: { tables: 2, indexes: 3 },
  ...change,
});

describe("a restored database", () => {
  const orders = { name: '"public"."orders"', rows: 3, sum: "1:2" };
  const lines = { name: '"public"."lines"', rows: 5, sum: "3:4" };
  it.each<[string, Partial<DatabaseManifest>, string[]]>([
    ["the same", {}, []],
    ["the same, in another order", { tables: [lines, orders] }, []],
    ["a row less", { tables: [{ ...orders, rows: 2, sum: "1:1" }, lines] }, ['table "public"."orders" has 2 rows instead of 3']],
    ["another row", { tables: [{ ...orders, sum: "1:3" }, lines] }, ['table "public"."orders" has 3 rows, but not the same ones']],
    ["a table less", { tables: [orders] }, ['table "public"."lines" is missing (5 rows)']],
    ["a table more", { tables: [orders, lines, { ...lines, name: "x" }] }, ["table x was not in the backup"]],
    ["an index less", { objects: { tables: 2, indexes: 2 } }, ["2 indexes instead of 3"]],
    ["a kind less", { objects: { tables: 2 } }, ["0 indexes instead of 3"]],
    ["a large object more", { largeObjects: { count: 1, sum: "5:6" } }, ["large objects differ: 1 instead of 0"]],
    ["a sequence that went on", { sequences: [{ name: '"public"."orders_id_seq"', value: "9007199254740994" }] }, []],
    [
      "a sequence that went back by one",
      { sequences: [{ name: '"public"."orders_id_seq"', value: "9007199254740992" }] },
      ['sequence "public"."orders_id_seq" stands at 9007199254740992 instead of 9007199254740993: numbers would be given twice'],
    ],
    ["no sequence", { sequences: [] }, ['sequence "public"."orders_id_seq" is missing or was never used (it stood at 9007199254740993)']],
  ])("that has %s", (_, change, wrong) => {
    expect(differences(manifest(), manifest(change))).toEqual(wrong);
  });

  it("is verified by SQL that fails before it is committed", () => {
    const sql = verifyingSql(manifest({ tables: [{ name: `"odd's"."t"`, rows: 3, sum: "1:2" }] }));
    expect(sql).toContain(`from only "odd's"."t" as`);
    expect(sql).toContain("as sum into seen from");
    expect(sql).toContain("if seen.rows <> 3 or seen.sum <> '1:2' then raise exception");
    expect(sql).toContain("'\"odd''s\".\"t\"'");
    expect(tableSum('"a"."b"')).not.toContain("into");
  });

  it("is told in words where the database does not take it", () => {
    expect(refusalWords("psql:<stdin>:3: ERROR:  canceling statement due to lock timeout")).toContain("Stop the services");
    expect(refusalWords('ERROR:  role "reader" does not exist')).toContain("create role");
    expect(refusalWords("ERROR:  sluice: table x has 2 rows, the backup has 3\nCONTEXT: …")).toMatch(
      /^What was restored is not what was backed up: table x has 2 rows/,
    );
    for (const said of ["ERROR:  boom", "", "killed"]) expect(refusalWords(said)).toContain("Nothing was changed");
  });

  it("leaves words about extensions to whoever made the extensions", () => {
    const listed =
      "; a comment\n2; 3079 16384 EXTENSION - pg_trgm \n3412; 0 0 COMMENT - EXTENSION pg_trgm \n215; 1259 16500 TABLE public orders app\n3500; 0 0 COMMENT public TABLE orders app";
    expect(
      wanted(listed)
        .split("\n")
        .map((line) => line.split(";")[0]),
    ).toEqual(["", "2", "215", "3500"]);
  });
});

describe("what a person asks of a restore", () => {
  it("is the newest backup, shown and not done, unless they say more", () => {
    for (const host of [undefined, null, {}, { look: null }, { options: {} }])
      expect(parseOptions(host, "app")).toEqual({ from: "newest", before: true, what: "database" });
    expect(parseOptions({ options: { from: "2026-11-22", confirm: "app", before: "no" } }, "app")).toEqual({
      ...{ from: "2026-11-22", confirm: "app", before: false, what: "database" },
    });
  });

  it("is refused with everything that is wrong with it", () => {
    const ask = () => parseOptions({ options: { form: "x", from: "../x", before: "maybe", what: "all", confirm: "prod" } }, "app");
    for (const words of [
      "'form' is not known",
      'from="../x"',
      'before="maybe"',
      'what="all"',
      'confirm="prod"; allowed: app',
      "Nothing was changed",
    ])
      expect(ask).toThrow(words);
  });
});

describe("reports", () => {
  const now = Date.parse("2026-11-22T03:05:00Z");
  const found = backups([snapshot("a", "set", "2026-11-22T03:00:00Z"), snapshot("a", "database", "2026-11-22T03:00:00Z")]);
  const facts = { estate: "shop", store, files: ["uploads"], keep: { daily: 7, weekly: 4, monthly: 12 }, readAllDays: 7 };
  const whole = { format: 1 as const, run: "a", at: "2026-11-22T03:00:00.000Z", estate: "shop", database: manifest(), files: ["uploads"] };
  const taken = { manifest: whole, bytes: 1_234_567, addedBytes: 1000, seconds: 61 };

  it("of a backup say when it was taken, not when it was checked", () => {
    const { metrics, findings, summary } = report({
      facts,
      taken,
      kept: found,
      part: "3/7",
      repositoryBytes: 5e9,
      now,
      findings: [],
      aheadSeconds: 3,
    });
    const value = (name: string) => metrics.find((gauge) => gauge.name === name)?.value;
    expect(value("sluice_backup_last_success_timestamp_seconds")).toBe(Date.parse("2026-11-22T03:00:00Z") / 1000);
    expect(value("sluice_backup_size_bytes")).toBe(1_234_567);
    expect(value("sluice_backup_snapshots")).toBe(1);
    expect(findings).toEqual([]);
    expect(summary).toContain("8 rows in 2 tables");
  });

  it("of a backup warn of a clock that goes wrong, and of a backup from the future", () => {
    const late = {
      ...{ facts, taken, part: "3/7", repositoryBytes: 0, findings: [] },
      now: Date.parse("2026-11-22T02:00:00Z"),
      kept: found,
      aheadSeconds: -300,
    };
    expect(report(late).findings.map(({ level, what }) => `${level}: ${what}`)).toEqual([
      expect.stringMatching(/^warning: This machine's clock is 300 seconds behind/),
      expect.stringMatching(/^warning: The backup a is from a time that is yet to come/),
    ]);
  });

  it("of a drill are critical where a single row differs, and count no success then", () => {
    const backup = found[0];
    if (!backup) throw new Error("no backup");
    const figures = { recorded: manifest(), found: manifest(), restoreSeconds: 12, compareSeconds: 3 };
    const good = drillReport({
      found: { backup, manifest: whole },
      now,
      database: { ...figures, differences: [] },
      files: { there: 2, expected: 2, seconds: 1 },
    });
    expect(good.findings.map(({ level }) => level)).toEqual(["ok"]);
    expect(Object.fromEntries(good.metrics.map(({ name, value }) => [name, value]))).toMatchObject({
      ...{ sluice_restore_drill_good: 1, sluice_restore_drill_seconds: 13, sluice_restore_drill_rows: 8 },
    });
    const bad = drillReport({
      found: { backup, manifest: whole },
      now,
      database: { ...figures, differences: ["x"] },
      files: { there: 1, expected: 2, seconds: 1 },
    });
    expect(bad.findings.map(({ level, what }) => `${level} ${what}`)).toEqual(["critical x", "critical 1 files came back instead of 2"]);
    expect(bad.summary).toContain("NO GOOD");
    expect(bad.metrics.map(({ name, value }) => [name, value])).toEqual([["sluice_restore_drill_good", 0]]);
  });

  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_500_000, "1.5 MB"],
    [123_400_000_000, "123 GB"],
    [5e15, "5000 TB"],
  ])("write %d bytes as %s", (count, words) => expect(bytes(count)).toBe(words));

  it("write times as people say them", () => {
    expect([0.84, 42.4, 60, 185, 3600, 7440].map(seconds)).toEqual(["0.8 s", "42 s", "1 min", "3 min 5 s", "1 h", "2 h 4 min"]);
    expect([60_000, 5_400_000, 3 * 86_400_000, -120_000].map(ago)).toEqual(["1 minute", "2 hours", "3 days", "in 2 minutes"]);
    expect([0.003, 0.5].map(percent)).toEqual(["0.3 %", "50 %"]);
  });

  it("of a database that lets nobody in say why", () => {
    const database = { host: "10.0.0.3", port: 5432, user: "app", database: "app" };
    expect(refusedWords(database, { code: "28P01" })).toContain("refuses the password of 'app'");
    expect(refusedWords(database, { code: "53300" })).toContain("maxConnections");
    expect(refusedWords(database, new Error("connect ECONNREFUSED"))).toContain("does not answer (connect ECONNREFUSED)");
  });
});

describe("programs", () => {
  const sh = (script: string) => ({ name: "sh", args: ["-c", script] });

  it("tell how they ended, what they said and nothing of our environment", async () => {
    const ended = await run({ ...sh("echo out; echo $GREETING$NODE_ENV$SECRET >&2; exit 3"), env: { GREETING: "hi" } }, { signal: never });
    expect(ended).toEqual({ code: 3, stdout: "out\n", stderr: "hi\n" });
    await expect(run({ name: "no-such-program", args: [] }, { signal: never })).rejects.toThrow("ENOENT");
    expect((await run(sh("kill -9 $$"), { signal: never })).code).toBe(137);
  });

  it("end when they are told to, also where what they have started does not", async () => {
    const over = new AbortController();
    const running = run(sh("sleep 20 & wait"), { signal: over.signal });
    const began = performance.now();
    setTimeout(() => over.abort(), 100);
    await running;
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it("end as they like when they are told to", async () => {
    const over = new AbortController();
    const running = run(sh("trap 'exit 130' INT; while :; do sleep 0.05; done"), { signal: over.signal });
    setTimeout(() => over.abort(), 100);
    expect((await running).code).toBe(130);
  });

  it("read what others write, and both ends are seen", async () => {
    expect((await pipe(sh("printf '1\\n2\\n'; exit 4"), sh("wc -l"), never)).map(({ code, stdout }) => [code, stdout.trim()])).toEqual([
      [4, ""],
      [0, "2"],
    ]);
    const [writer, reader] = await pipe(sh("yes"), sh("head -1; exit 5"), never);
    expect(writer.code).toBe(141);
    expect(reader).toMatchObject({ code: 5, stdout: "y\n" });
  });

  it("whose reader has gone are asked to end, and have the time for it: restic takes its lock away then", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lock-"));
    const lock = join(folder, "lock");
    const script = `touch ${lock}; trap 'rm ${lock}; exit 130' INT; while :; do echo a line; done`;
    const [writer, reader] = await pipe(sh(script), sh("head -1"), never);
    expect([writer.code, reader.code, existsSync(lock)]).toEqual([141, 0, false]);
    await rm(folder, { recursive: true });
  });

  it("go through a third one, into a stream that stays open for more", async () => {
    const into = open(sh("cat"), never);
    into.stdin.write("begin ");
    const [from, through] = await relay(sh("printf abc"), sh("tr a-z A-Z; exit 6"), into.stdin, never);
    into.stdin.end(" end");
    expect([from.code, through.code, (await into.ended).stdout]).toEqual([0, 6, "begin ABC end"]);
    const gone = open(sh("exit 7"), never);
    const [writer] = await relay(sh("yes"), sh("cat"), gone.stdin, never);
    expect(writer.code).toBe(141);
    expect((await gone.ended).code).toBe(7);
  });
});

describe("restic, played by a script", () => {
  let folder: string;
  const path = process.env.PATH;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "restic-"));
    await mkdir(join(folder, "bin"));
    process.env.PATH = `${join(folder, "bin")}:${path}`;
  });
  afterEach(async () => {
    process.env.PATH = path;
    await rm(folder, { recursive: true, force: true });
  });
  async function restic(script: string): Promise<Repository> {
    const file = join(folder, "bin", "restic");
    await writeFile(file, `#!/bin/sh\nprintf '%s\\n' "$*" >> ${folder}/called\n${script}\n`);
    await chmod(file, 0o755);
    const world: JobWorld = {
      ...{ facts: {}, host: {}, now: () => new Date(), signal: never, say: () => undefined, folder: join(folder, "work") },
      secret: async (name) => `planted-${name}`,
    };
    return Repository.of(world, store);
  }
  const config = (id: string) => `case "$*" in *"cat config"*) echo '{"id":"${id}"}' ;; *) exit 1 ;; esac`;
  const none = `case "$*" in *"cat config"*) echo 'Fatal: repository does not exist' >&2; exit 10 ;; *init*) echo '{"id":"new"}' ;; *) exit 1 ;; esac`;
  const memory = async () => JSON.parse(await readFile(join(folder, "work", "repository.json"), "utf8")) as Record<string, string>;

  it("is ended at once where asking again is of no use", async () => {
    const repository = await restic(
      'echo "Stat(<config/>) returned error, retrying after 1s: Stat: The specified bucket does not exist." >&2; exec sleep 20',
    );
    const began = performance.now();
    await expect(repository.open({ make: true })).rejects.toThrow("has no bucket 'shop-backups'");
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it("is ended when nothing has come right for as long as settings say, and not before", async () => {
    const line = 'echo "Save(<data/1>) returned error, retrying after 1s: connection reset by peer" >&2';
    const repository = await restic(`${line}; exec sleep 20`);
    const began = performance.now();
    await expect(repository.unlock()).rejects.toThrow(
      /The connection to https:\/\/s3\.example\.com is cut: for 1 seconds no request has succeeded \(connection reset by peer\)/,
    );
    expect(performance.now() - began).toBeGreaterThan(950);
    const recovering = await restic(`${line}; echo "Save(<data/1>) operation successful after 1 retries" >&2; sleep 1.5`);
    await expect(recovering.unlock()).resolves.toBeUndefined();
  });

  it("makes a repository where there has never been one, and never in the place of one that is gone", async () => {
    await (await restic(none)).open({ make: true });
    expect(await memory()).toEqual({ [repositoryAddress(store)]: "new" });
    await expect((await restic(none)).open({ make: true })).rejects.toThrow(/The backups that were at .* are gone/);
    await (await restic(config("new"))).open({ make: true });
    await expect((await restic(config("other"))).open({ make: true })).rejects.toThrow("other backups than last time");
  });

  it("makes none for a drill or a restore", async () => {
    await expect((await restic(none)).open({ make: false })).rejects.toThrow("There are no backups in the bucket");
    expect(await readFile(join(folder, "called"), "utf8")).not.toContain("init");
  });

  it.each([
    ["all of a run of this container that died", [hostname(), hostname()], true],
    ["but not while another one has a lock as well", [hostname(), "another"], false],
    ["none where there is none", [], false],
  ])("takes away locks: %s", async (_, holders, taken) => {
    const locks = holders.map((_, index) => `echo lock${index}`).join("; ");
    const each = holders.map((name, index) => `*"cat lock lock${index}"*) echo '{"hostname":"${name}"}' ;;`).join(" ");
    await (await restic(`case "$*" in *"list locks"*) ${locks || ":"} ;; ${each} esac`)).unlock();
    expect((await readFile(join(folder, "called"), "utf8")).includes("unlock --remove-all")).toBe(taken);
  });

  it("gets its secrets in no argument", async () => {
    await (await restic(`[ "$AWS_SECRET_ACCESS_KEY$RESTIC_PASSWORD" = planted-backup-keyplanted-backup-password ]`)).unlock();
    expect(await readFile(join(folder, "called"), "utf8")).not.toContain("planted");
  });

  it("does not count as a backup when it ends well and names no snapshot", async () => {
    await expect((await restic("exit 0")).backup("the files", ["/x"])).rejects.toThrow("the run does not count");
    const named = `echo '{"message_type":"summary","snapshot_id":"abc","total_bytes_processed":5,"data_added_packed":3}'`;
    await expect((await restic(named)).backup("the files", ["/x"])).resolves.toMatchObject({ snapshot_id: "abc" });
  });
});
