import { describe, expect, it } from "vitest";
import { queriesOf } from "../../rollout/driver/cluster/queries.ts";
import {
  grown,
  grownOver,
  histograms,
  historyOf,
  knownBefore,
  newestOf,
  seriesOf,
  slowOf,
  tallies,
  VectorAnswer,
  windowOf,
} from "../../rollout/driver/cluster/samples.ts";
import { bucket, ISTIO, matrix, requests, vector } from "../support/rollout/counters.ts";

describe("what Prometheus is asked", () => {
  it("reads counters as they are, pod by pod, of both slots of one service in its namespace", () => {
    const { requests: counters, latency, newest, past } = queriesOf(ISTIO, "shop", "api");
    const labels = '{reporter="destination", destination_workload_namespace="shop", destination_workload=~"api-blue|api-green"}';
    expect(counters).toBe(`sum by (destination_workload, instance, pod, response_code) (istio_requests_total${labels})`);
    expect(latency).toBe(`sum by (destination_workload, instance, pod, le) (istio_request_duration_milliseconds_bucket${labels})`);
    expect(newest).toBe(`max by (destination_workload) (timestamp(istio_requests_total${labels}))`);
    expect(past(60).requests).toBe(`sum by (destination_workload, response_code) (increase(istio_requests_total${labels}[60s]))`);
  });

  it("takes other names by settings, and a value for what it is", () => {
    const names = { ...ISTIO, requests: "http_requests_total", status: "code", where: { team: 'a"b' } };
    expect(queriesOf(names, "shop", "api").requests).toContain('code) (http_requests_total{team="a\\"b", ');
  });
});

describe("counters between two looks", () => {
  const first = vector(10, [requests("blue", 200), 900], [requests("green", 200), 40]);
  const parse = (answer: unknown) => VectorAnswer.parse(answer);

  it("begin with the first look, count a code that was never seen from nothing, and pass over what is gone for now", () => {
    const begun = grown(null, parse(first));
    expect(tallies(begun.grown, ISTIO, "api")).toEqual({ blue: { bad: 0, total: 0 }, green: { bad: 0, total: 0 } });
    const second = grown(begun.known, parse(vector(12, [requests("green", 200), 45], [requests("green", 503), 7])));
    expect(tallies(second.grown, ISTIO, "api")).toEqual({ blue: { bad: 0, total: 0 }, green: { bad: 7, total: 12 } });
    // Blue's scrape had failed: what it counted meanwhile is not lost, and what it had before is not counted again.
    const third = grown(second.known, parse(vector(14, [requests("blue", 200), 960], [requests("green", 503), 7])));
    expect(tallies(third.grown, ISTIO, "api")).toEqual({ blue: { bad: 0, total: 60 }, green: { bad: 0, total: 0 } });
  });

  it("that fell were started anew: a pod that came back counts from nothing", () => {
    const begun = grown(null, parse(first));
    const after = grown(begun.known, parse(vector(12, [requests("blue", 200), 30])));
    expect(tallies(after.grown, ISTIO, "api").blue).toEqual({ bad: 0, total: 30 });
  });

  it("say nothing of either slot by a client that went away, and nothing of another service", () => {
    const begun = grown(
      new Map(),
      parse(vector(1, [requests("blue", 0), 9], [{ ...requests("blue", 500), destination_workload: "web-blue" }, 3])),
    );
    expect(tallies(begun.grown, ISTIO, "api")).toEqual({ blue: { bad: 0, total: 0 }, green: { bad: 0, total: 0 } });
  });

  it.each([
    ["an error", { status: "error", errorType: "bad_data", error: "parse error" }],
    ["another kind of answer", matrix([requests("blue", 200), [[1, 2]]])],
    ["a page of somebody else", { hello: "world" }],
  ])("are not read from %s", (_what, answer) => {
    expect(() => VectorAnswer.parse(answer)).toThrow();
  });
});

describe("a window of counters", () => {
  const series = seriesOf(
    matrix(
      // Before the window, a restart in it, and the end.
      [
        requests("blue", 200, "a"),
        [
          [90, 500],
          [100, 600],
          [110, 700],
          [120, 20],
          [160, 320],
        ],
      ],
      // A pod whose scrape failed at the beginning of the window, and was known before.
      [
        requests("blue", 200, "b"),
        [
          [90, 1000],
          [120, 1030],
          [160, 1060],
        ],
      ],
      // A code that nobody had seen.
      [
        requests("green", 500),
        [
          [110, 4],
          [160, 9],
        ],
      ],
      [
        requests("green", 200),
        [
          [100, 10],
          [160, 61],
        ],
      ],
    ),
  );

  it("counts from the last value before it to its end, over a restart and a failed look", () => {
    expect(tallies(grownOver(series, 100), ISTIO, "api")).toEqual({
      blue: { bad: 0, total: 100 + 20 + 300 + 60 },
      green: { bad: 9, total: 60 },
    });
  });

  it("knows whether anything was known when it began: a Prometheus that was away counts nothing twice", () => {
    expect(knownBefore(series, 100)).toBe(true);
    expect(knownBefore(series, 80)).toBe(false);
    expect(knownBefore([], 80)).toBe(true);
  });

  it("becomes what the analysis takes, with durations in seconds", () => {
    const latency = seriesOf(
      matrix(
        [
          bucket("green", "100"),
          [
            [100, 5],
            [160, 45],
          ],
        ],
        [
          bucket("green", "+Inf"),
          [
            [100, 5],
            [160, 65],
          ],
        ],
        [bucket("green", "5"), [[160, 10]]],
      ),
    );
    const answer = windowOf({ from: 100_000, until: 160_000, complete: true }, { requests: series, latency }, ISTIO, "api");
    expect(answer.green).toEqual({
      ...{ requests: 60, errors: 9, seconds: 60 },
      latency: {
        buckets: [
          { le: 0.005, count: 10 },
          { le: 0.1, count: 40 },
          { le: Number.POSITIVE_INFINITY, count: 60 },
        ],
      },
    });
    expect(answer.blue.latency.buckets).toEqual([]);
  });
});

it("a duration is slow only when its whole bucket is above the limit", () => {
  const buckets = [
    { le: 1, count: 50 },
    { le: 2.5, count: 80 },
    { le: Number.POSITIVE_INFINITY, count: 90 },
  ];
  expect(slowOf(buckets, 2)).toEqual({ bad: 10, total: 90 });
  expect(slowOf(buckets, 1)).toEqual({ bad: 40, total: 90 });
  expect(slowOf([], 1)).toEqual({ bad: 0, total: 0 });
});

it("durations in seconds stay as they are", () => {
  const { grown: found } = grown(new Map(), VectorAnswer.parse(vector(1, [bucket("blue", "0.5"), 3], [bucket("blue", "+Inf"), 4])));
  expect(histograms(found, { ...ISTIO, unit: "seconds" }, "api").blue.map(({ le }) => le)).toEqual([0.5, Number.POSITIVE_INFINITY]);
});

it("the age of a slot's counters is that of their newest sample", () => {
  const found = newestOf(VectorAnswer.parse(vector(50, [{ destination_workload: "api-green" }, 49.5])), ISTIO, "api");
  expect(found).toEqual({ blue: null, green: 49_500 });
});

it("history is made of minutes that had requests enough to have a share", () => {
  const past = seriesOf(
    matrix(
      [
        requests("blue", 200),
        [
          [60, 990],
          [120, 15],
        ],
      ],
      [requests("blue", 500), [[60, 10]]],
    ),
  );
  const p95 = seriesOf(
    matrix([
      { destination_workload: "api-blue" },
      [
        [60, 250],
        [120, 900],
        [180, Number.NaN],
      ],
    ]),
  );
  expect(historyOf(past, p95, ISTIO, "api")).toEqual({
    blue: { errorShares: [0.01], p95Seconds: [0.25] },
    green: { errorShares: [], p95Seconds: [] },
  });
});
