import { duration } from "./promql.ts";
import type { RuleSettings } from "./settings.ts";
import type { RuleGroup } from "./types.ts";

/** What `npm start`, `npm run pulumi -- up` and pipelines report of themselves. Each fact is final when it arrives, so nothing waits. */
export function deploy({ owner, slowDeploySeconds }: RuleSettings): RuleGroup[] {
  const own = { area: "deploy", owner, for: 0 } as const;
  const started = "max(sluice_deployment_started_timestamp_seconds)";
  return [
    {
      name: "deploy",
      rules: [
        {
          ...own,
          name: "SlowDeploy",
          expr: `time() - ${started} > ${slowDeploySeconds}\nunless max(sluice_deployment_finished_timestamp_seconds) >= ${started}`,
          severity: "warning",
          priority: "P2",
          summary: "A deployment takes very long, or has died",
          description: `It has been under way for {{ $value | humanizeDuration }}; allowed are ${duration(slowDeploySeconds)}.`,
        },
        {
          ...own,
          name: "DeploymentFailed",
          expr: "min(sluice_deployment_succeeded) == 0",
          severity: "warning",
          priority: "P2",
          summary: "The last deployment failed",
          description: "Its success is {{ $value }} (1 is good). What ran before runs on, as far as the update had not come to it.",
        },
        {
          ...own,
          name: "TestFailures",
          expr: "max by (suite) (sluice_tests_failed) > 0",
          severity: "warning",
          priority: "P3",
          summary: "Tests of {{ $labels.suite }} fail",
          description: "{{ $value }} tests of {{ $labels.suite }} failed in the last run.",
        },
      ],
    },
  ];
}
