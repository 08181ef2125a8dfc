import { describe, expect, it } from "vitest";
import { cronJob } from "../../components/kubernetes/storage/job.ts";
import { type ClusterJob, clusterJob } from "../../components/maintenance/cron-job.ts";
import { JobConfig } from "../../maintenance/runner/config.ts";

const job: ClusterJob = {
  ...{
    name: "issue-tracker",
    does: "finds stale items",
    limitSeconds: 600,
    retries: 2,
    alertAfterMissed: 4,
    tells: "problems",
    looks: false,
  },
  schedule: { every: "month", on: { first: "Monday" }, at: "05:00", timeZone: "Europe/Berlin" },
  ...{ memoryMb: 256, cpus: 0.5, facts: { repository: "example/shop" }, secrets: ["token"] },
};
const rendered = (more: Partial<ClusterJob> = {}) =>
  cronJob(clusterJob("shop", { ...job, ...more }, "example/jobs@sha256:1", { webhook: "webhook" }), {
    estate: "shop",
    namespace: "shop",
    secret: "issue-tracker-1",
  });
const told = (more: Partial<ClusterJob> = {}) => {
  const env = rendered(more).spec as {
    jobTemplate: { spec: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } } };
  };
  return JobConfig.parse(
    JSON.parse(env.jobTemplate.spec.template.spec.containers[0]?.env.find(({ name }) => name === "SLUICE_JOB")?.value ?? ""),
  );
};

describe("a job of maintenance in a cluster", () => {
  it("is a CronJob in its zone that does not overlap, is ended in time, and is tried again unless that changes nothing", () => {
    expect(rendered().spec).toMatchObject({
      ...{ schedule: "0 5 1-7 * *", timeZone: "Europe/Berlin", concurrencyPolicy: "Forbid", startingDeadlineSeconds: 600 },
      jobTemplate: {
        spec: {
          ...{ activeDeadlineSeconds: 660, backoffLimit: 2 },
          podFailurePolicy: { rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [2] } }] },
        },
      },
    });
  });

  it("goes home on every day of the first week but the one that cron cannot name", () => {
    expect(told()).toMatchObject({ onlyOn: { weekday: "Monday", timeZone: "Europe/Berlin" }, retries: 0, limitSeconds: 600 });
    expect(told({ schedule: { every: "hours", hours: 1 } })).not.toHaveProperty("onlyOn");
    expect(rendered({ schedule: { every: "day", at: "03:00" } }).spec).toMatchObject({ schedule: "0 3 * * *", timeZone: "Etc/UTC" });
  });

  it("tells the webhook, by the name of its file, and holds no secret", () => {
    expect(told()).toMatchObject({ webhook: "webhook", facts: { repository: "example/shop" } });
    expect(JSON.stringify(rendered())).toContain('"secretName":"issue-tracker-1"');
  });
});
