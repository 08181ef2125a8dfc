import { type AreaCases, fires, silent } from "./case.ts";

const started = 'sluice_deployment_started_timestamp_seconds{job="node"}';
const finished = 'sluice_deployment_finished_timestamp_seconds{job="node"}';
const succeeded = 'sluice_deployment_succeeded{job="node"}';
const tests = (suite: string) => `sluice_tests_failed{job="node", suite="${suite}"}`;

const slow = {
  level: "warning P2",
  summary: "A deployment takes very long, or has died",
  description: "It has been under way for 15m 15s; allowed are 15m.",
};

export const deploy: AreaCases = {
  cases: [
    {
      says: "a deployment that has been under way for more than 15 minutes",
      series: { [started]: "60x80", [finished]: "0x80" },
      alerts: [silent("SlowDeploy", "16m"), fires("SlowDeploy", "16m15s", slow)],
    },
    {
      says: "the first deployment, which nothing has finished before",
      series: { [started]: "60x80" },
      alerts: [silent("SlowDeploy", "16m"), fires("SlowDeploy", "16m15s", slow)],
    },
    {
      says: "a deployment that ended within the second it began in",
      series: { [started]: "60x80", [finished]: "60x80" },
      alerts: [silent("SlowDeploy", "20m")],
    },
    { says: "a deployment that ended", series: { [started]: "60x80", [finished]: "90x80" }, alerts: [silent("SlowDeploy", "20m")] },
    {
      says: "a deployment that failed, and one that mends it",
      series: { [succeeded]: "1 0 0 1" },
      alerts: [
        silent("DeploymentFailed", "0s"),
        fires("DeploymentFailed", "15s", {
          level: "warning P2",
          summary: "The last deployment failed",
          description: "Its success is 0 (1 is good). What ran before runs on, as far as the update had not come to it.",
        }),
        silent("DeploymentFailed", "45s"),
      ],
    },
    {
      says: "a suite with failures, and one without",
      series: { [tests("engine")]: "3", [tests("pure")]: "0" },
      alerts: [
        fires("TestFailures", "0s", {
          level: "warning P3",
          labels: { suite: "engine" },
          summary: "Tests of engine fail",
          description: "3 tests of engine failed in the last run.",
        }),
      ],
    },
    { says: "no failures", series: { [tests("pure")]: "0" }, alerts: [silent("TestFailures", "0s")] },
  ],
};
