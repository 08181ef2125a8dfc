import { z } from "zod";
import { field, seconds, text } from "./field.ts";
import { SECRET_NAME } from "./service.ts";

/** A name of a metric or a label, as Prometheus takes it. */
const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]{0,199}$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/;
/** A login in an address would be on screens and in logs. */
const ADDRESS = /^https?:\/\/[^\s/@?#]+(?:\/[^\s?#@]*)?$/;

const metric = (means: string, example: string) => text(METRIC, { means, allowed: "the name of a metric", example });
const label = (means: string, example: string) => text(LABEL, { means, allowed: "the name of a label", example });

const secret = (means: string, example: string) =>
  text(SECRET_NAME, { means: `${means}: the name of a secret.`, allowed: "a name from sluice:secrets", example }).optional();

/** How requests are counted, in the words of whoever counts them. What is absent is Istio's. */
const names = field(
  z.strictObject({
    requests: metric("Counter of requests.", "istio_requests_total").default("istio_requests_total"),
    status: label("Its label with the HTTP status.", "response_code").default("response_code"),
    latency: metric("Histogram of their durations, without `_bucket`.", "istio_request_duration_milliseconds").default(
      "istio_request_duration_milliseconds",
    ),
    unit: field(z.enum(["milliseconds", "seconds"]), {
      means: "Unit of the histogram's bounds.",
      allowed: "milliseconds or seconds",
      example: "seconds",
    }).default("milliseconds"),
    workload: label("Label that holds `<service>-<slot>`.", "destination_workload").default("destination_workload"),
    namespace: label("Label that holds the namespace.", "destination_workload_namespace").default("destination_workload_namespace"),
    where: field(
      z.record(z.string(), field(z.string().max(200), { means: "Its value.", allowed: "up to 200 characters", example: "destination" })),
      {
        means: "Further labels that a series must have.",
        allowed: "a map of labels to texts",
        example: { reporter: "destination" },
        jsonSchema: { propertyNames: { pattern: LABEL.source } },
      },
    ).default({ reporter: "destination" }),
  }),
  { means: "How requests are counted: names of metrics and labels.", allowed: "a map", example: { requests: "istio_requests_total" } },
);

export const prometheus = field(
  z.strictObject({
    url: text(ADDRESS, {
      means: "Where its HTTP API is asked, from the machine that runs `npm run rollout`.",
      allowed: "an http(s) address without a login in it",
      example: "https://prometheus.example.com",
    }).optional(),
    tokenSecret: secret("Bearer token to sign in with", "prometheus-token"),
    user: text(/^[^\0\n:]{1,200}$/, { means: "Who signs in.", allowed: "a user name", example: "sluice" }).optional(),
    passwordSecret: secret("Password of `user`", "prometheus-password"),
    scrapeSeconds: seconds(
      1,
      300,
      "Seconds between two looks of Prometheus at the pods: what is three times as old says nothing.",
      15,
    ).default(15),
    names: names.prefault({}),
  }),
  {
    means: "The Prometheus that counts the cluster's requests, slot by slot: rollouts of its services go by it (docs/rollouts.md).",
    allowed: "a map with `url`",
    example: { url: "https://prometheus.example.com", tokenSecret: "prometheus-token" },
    whenAbsent: "releases of the cluster's services are not judged, so none is rolled out",
    jsonSchema: { required: ["url"] },
  },
);
