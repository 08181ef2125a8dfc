import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { renderMetricsLog } from "../../components/edge/metrics-log.ts";
import { type Offsets, readOn } from "../../rollout/guard/log-tail.ts";
import { readLine } from "../../rollout/guard/requests.ts";

const line = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({
    ...{ service: "api", slot: "green", release: "v2", status: 200, seconds: 0.004, workflow: "", at: 1_795_255_890.865 },
    ...{ chosen: "green", upstream: "200", ...change },
  });

describe("a line of the edge's log", () => {
  it("is written with the fields that are read", () => {
    const format = renderMetricsLog([]).join("");
    for (const field of Object.keys(JSON.parse(line()))) expect(format).toContain(`"${field}":`);
  });

  it("says when which slot answered what", () => {
    expect(readLine(line({ workflow: "auth" }))).toEqual([
      {
        ...{ service: "api", slot: "green", at: 1_795_255_890_865, workflow: "auth", seconds: 0.004 },
        ...{ failed: false, connection: false, replaced: false },
      },
    ]);
  });

  it.each([
    ["an error of the service's own", { status: 500, upstream: "500" }, [["green", true, false]]],
    ["no answer from any container", { status: 502, upstream: "502, 502" }, [["green", true, true]]],
    ["an answer that never came", { status: 504, upstream: "504" }, [["green", true, true]]],
    ["a container that did not answer, and one that did", { upstream: "502, 200" }, [["green", false, false]]],
    [
      "the other slot in the chosen one's place",
      { slot: "blue", upstream: "502, 200" },
      [
        ["blue", false, false],
        ["green", true, true],
      ],
    ],
    ["a client that waited and went away without an answer", { status: 499, upstream: "-", seconds: 1.2 }, [["green", true, false]]],
    ["a client that changed its mind", { status: 499, upstream: "-", seconds: 0.2 }, []],
    ["a client that went away while it was answered", { status: 499, upstream: "200", seconds: 3 }, [["green", false, false]]],
  ] as const)("counts %s", (_, change, counted) => {
    expect(readLine(line(change)).map(({ slot, failed, connection }) => [slot, failed, connection])).toEqual(counted);
  });

  it.each(["", "{", "null", "[]", '{"service":"api"}', line({ slot: "" }), line({ status: "200" })])("that is %j says nothing", (text) => {
    expect(readLine(text)).toEqual([]);
  });
});

describe("the log", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "guard-log-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const rotate = (bytes = "1000000") =>
    execFileSync(join(import.meta.dirname, "../../images/edge/bin/rotate-metrics-log"), [bytes], {
      env: { PATH: process.env.PATH, SLUICE_METRICS_LOG: folder },
    });
  const current = () => join(folder, "current");
  function read(offsets: Offsets | undefined): [string[], Offsets] {
    const lines: string[] = [];
    return [lines, readOn(folder, offsets, (text) => lines.push(text))];
  }

  it("is read on from where it was left, whole lines only, and from its end at first", () => {
    rotate();
    appendFileSync(current(), "old\n");
    let [lines, offsets] = read(undefined);
    expect(lines).toEqual([]);
    appendFileSync(current(), "a\nb\nhalf");
    [lines, offsets] = read(offsets);
    expect(lines).toEqual(["a", "b"]);
    appendFileSync(current(), " a line\n");
    [lines, offsets] = read(offsets);
    expect(lines).toEqual(["half a line"]);
    expect(read(offsets)[0]).toEqual([]);
  });

  it("loses nothing and doubles nothing over rotations, restarts and a worker that still writes to the last file", () => {
    rotate();
    let [, offsets] = read(undefined);
    const [written, seen]: [string[], string[]] = [[], []];
    for (let round = 0; round < 12; round++) {
      const last = join(folder, `requests-${`${round}`.padStart(8, "0")}.json`);
      for (let count = 0; count < 50; count++) {
        written.push(`${round}/${count}`);
        appendFileSync(current(), `${round}/${count}\n`);
      }
      if (round > 0) {
        written.push(`${round}/late`);
        appendFileSync(last, `${round}/late\n`);
      }
      // The offsets go through the disk, as over a restart.
      const [lines, next] = read(JSON.parse(JSON.stringify(offsets)));
      offsets = next;
      seen.push(...lines);
      rotate("1");
    }
    seen.push(...read(offsets)[0]);
    expect(seen.toSorted()).toEqual(written.toSorted());
  });

  it("is read from the beginning of every file that came while nobody read", () => {
    rotate();
    const [, offsets] = read(undefined);
    for (const text of ["a", "b", "c"]) {
      appendFileSync(current(), `${text}\n`);
      rotate("1");
    }
    // The first two are gone by then: the edge keeps one that is full.
    expect(read(offsets)[0]).toEqual(["c"]);
    expect(read({})[0]).toEqual(["c"]);
  });

  it("begins anew with a file that has become shorter", () => {
    rotate();
    appendFileSync(current(), "a\nb\nc\n");
    const [, offsets] = read({});
    writeFileSync(current(), "d\n");
    expect(read(offsets)[0]).toEqual(["d"]);
  });

  it("is read whole when there is more of it than fits in memory at once, and passes over what is no line", () => {
    rotate();
    const [, offsets] = read(undefined);
    const many = Array.from({ length: 40_000 }, (_, index) => line({ seconds: index }));
    appendFileSync(current(), `${many.join("\n")}\n`);
    const [lines, next] = read(offsets);
    expect([lines.length, lines[0], lines.at(-1)]).toEqual([many.length, many[0], many.at(-1)]);
    appendFileSync(current(), `${"x".repeat(3 << 20)}\nend\n`);
    expect(read(next)[0].at(-1)).toBe("end");
  });

  it("that is not there is an error, so that the lease runs out", () => {
    expect(() => read(undefined)).toThrow("has no log of the edge");
    expect(() => readOn(join(folder, "gone"), undefined, () => {})).toThrow("ENOENT");
  });

  it("of 10,000 requests a second leaves most of the time to others", () => {
    rotate();
    const [, offsets] = read(undefined);
    appendFileSync(current(), `${line()}\n`.repeat(50_000));
    let answers = 0;
    const start = performance.now();
    readOn(folder, offsets, (text) => {
      answers += readLine(text).length;
    });
    const milliseconds = performance.now() - start;
    console.log(`50,000 lines in ${milliseconds.toFixed(0)} ms`);
    expect(answers).toBe(50_000);
    // Five seconds' worth; a busy machine is given all of them.
    expect(milliseconds).toBeLessThan(5000);
  });
});
