import type { Path, Problem } from "./problems.ts";
import { backupRules, secretAgeRules } from "./rules/backup.ts";
import { clusterRules } from "./rules/cluster.ts";
import { dokployRules } from "./rules/dokploy.ts";
import { edgeRules } from "./rules/edge.ts";
import { evidenceRules } from "./rules/evidence.ts";
import { githubRules } from "./rules/github.ts";
import { hostRules } from "./rules/host.ts";
import { hostsRules } from "./rules/hosts.ts";
import { maintenanceRules } from "./rules/maintenance.ts";
import { monitoringRules } from "./rules/monitoring.ts";
import { rolloutRules } from "./rules/rollout.ts";
import { secretRules } from "./rules/secrets.ts";
import { serviceRules } from "./rules/service.ts";
import { sharedRules } from "./rules/shared.ts";
import { storeRules } from "./rules/stores.ts";
import type { Written } from "./schema.ts";

/** What the rules know besides the settings. */
export interface Facts {
  /** Name of the Pulumi stack. */
  readonly stack: string;
  /** `DOCKER_HOST`, used where the settings name no engine. */
  readonly dockerHost?: string | undefined;
  /** Top-level settings (without `sluice:`) that the engine holds encrypted. @default - whether a secret is encrypted is not judged */
  readonly secretKeys?: readonly string[] | undefined;
  /** Whether the machine has a GITHUB_TOKEN. @default - whether there is a token is not judged */
  readonly hasGithubToken?: boolean | undefined;
}

/** A broken rule. `reads` are the other settings it looked at: where one of those is itself wrong, the rule cannot be judged. */
export interface Finding extends Omit<Problem, "path"> {
  readonly at: Path;
  readonly reads?: readonly Path[];
}

export type Rule = (written: Written, facts: Facts) => Finding[];

const RULES: readonly Rule[] = [
  hostRules,
  hostsRules,
  edgeRules,
  storeRules,
  serviceRules,
  sharedRules,
  secretRules,
  monitoringRules,
  maintenanceRules,
  backupRules,
  secretAgeRules,
  rolloutRules,
  evidenceRules,
  clusterRules,
  githubRules,
  dokployRules,
];

/** Every rule between two settings, or between a setting and the world, that `written` breaks. */
export const findings: Rule = (written, facts) => RULES.flatMap((rule) => rule(written, facts));
