import type { RequestNames } from "../../../settings/cluster-types.ts";

/** Istio's names, as the settings have them where nobody says otherwise. */
export const ISTIO: RequestNames = {
  ...{ requests: "istio_requests_total", status: "response_code", latency: "istio_request_duration_milliseconds", unit: "milliseconds" },
  ...{ workload: "destination_workload", namespace: "destination_workload_namespace", where: { reporter: "destination" } },
};

type Labels = Readonly<Record<string, string>>;

/** Prometheus' answer to a query, at one moment. */
export const vector = (at: number, ...series: readonly (readonly [Labels, number])[]) => ({
  status: "success" as const,
  data: {
    resultType: "vector" as const,
    result: series.map(([metric, value]) => ({ metric: { ...metric }, value: [at, `${value}`] as [number, string] })),
  },
});

/** And over a stretch. */
export const matrix = (...series: readonly (readonly [Labels, readonly (readonly [number, number])[]])[]) => ({
  status: "success" as const,
  data: {
    resultType: "matrix" as const,
    result: series.map(([metric, points]) => ({
      metric: { ...metric },
      values: points.map(([at, value]) => [at, `${value}`] as [number, string]),
    })),
  },
});

/** Labels of a slot's counter, in one pod. */
export const requests = (slot: string, code: number | string, pod = "a"): Labels => ({
  ...{ destination_workload: `api-${slot}`, instance: pod, response_code: `${code}` },
});
export const bucket = (slot: string, le: string, pod = "a"): Labels => ({ destination_workload: `api-${slot}`, instance: pod, le });
