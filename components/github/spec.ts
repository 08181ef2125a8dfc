/** Where a repository is. */
export interface RepositoryRef {
  /** Organization or person. */
  readonly owner: string;
  readonly repository: string;
}

/** Ways to merge a pull request. */
export const MERGE_METHODS = ["squash", "rebase", "merge"] as const;
export type MergeMethod = (typeof MERGE_METHODS)[number];

/** The one way to let people approve what they themselves deploy. */
export const SELF_REVIEW = "authors-may-approve-their-own-deployments";
/** The one way to let administrators deploy past reviewers and timers. */
export const ADMIN_BYPASS = "admins-may-skip-protection";
export const NEVER = "never";

/** GitHub's limit, users and teams together. */
export const MOST_REVIEWERS = 6;

/** Days after which a secret is old, where nobody said otherwise. */
export const USUAL_AGE_DAYS = 90;

/** GitHub Actions on github.com, as the app that a status check comes from: no other token can then report a check as passed. */
export const GITHUB_ACTIONS_APP = 15_368;

/** The address of GitHub's API, where nobody names another one. */
export const GITHUB_API = "https://api.github.com/";

/** Milliseconds between two changes that github.com asks for; its secondary rate limits punish those who are faster. */
export const GITHUB_WRITE_PAUSE_MS = 1000;

/** What holds for the whole repository. */
export interface RepositorySpec {
  readonly autoMerge: boolean;
  readonly deleteBranchOnMerge: boolean;
  readonly mergeMethods: readonly MergeMethod[];
  readonly vulnerabilityAlerts: boolean;
  /** Whether workflows may use actions by a full commit SHA alone. */
  readonly shaPinningRequired: boolean;
  /** Patterns of actions that workflows may use, besides GitHub's own and the repository's. Absent: any. */
  readonly actions?: readonly string[] | undefined;
}

/** A place that workflows deploy to, what stands before it, and what they find there. */
export interface EnvironmentSpec {
  readonly name: string;
  /** One of them has to say yes. Logins, and slugs of the organization's teams. */
  readonly reviewers: { readonly users: readonly string[]; readonly teams: readonly string[] };
  readonly waitMinutes: number;
  /** Whether people may approve what they themselves deploy. */
  readonly selfReview: boolean;
  /** Whether administrators may deploy past reviewers and timer. */
  readonly adminBypass: boolean;
  /** Patterns of branches and of tags that may be deployed from; nothing else may. */
  readonly branches: readonly string[];
  readonly tags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Sorted by name. */
  readonly secrets: readonly EnvironmentSecretSpec[];
}

/** A secret as workflows know it, and where its value is. */
export interface EnvironmentSecretSpec {
  /** As workflows call it. */
  readonly name: string;
  /** Its name in the stack's own secrets. */
  readonly secret: string;
  /** Day that the value was last changed, `YYYY-MM-DD`. Absent: the secret is not set yet. */
  readonly rotated?: string | undefined;
  readonly maxAgeDays: number;
}

/** What may happen to a branch, and to the tags of releases. */
export interface BranchRulesSpec {
  /** Name of the branch; absent: the repository's default one. */
  readonly branch?: string | undefined;
  /** Names of the jobs that have to pass. */
  readonly checks: readonly string[];
  /** App that the checks must come from; absent: any. */
  readonly checksApp?: number | undefined;
  readonly approvals: number;
  readonly codeOwners: boolean;
  readonly linearHistory: boolean;
  readonly signed: boolean;
  /** Whether a pull request has to be tested on top of the branch as it is now. */
  readonly upToDate: boolean;
  /** Patterns of tags that nobody may move or delete. */
  readonly tags: readonly string[];
}

export interface LabelSpec {
  readonly name: string;
  /** Six hexadecimal digits, without `#`. */
  readonly color: string;
  readonly description: string;
}

/** Who is asked about changes below a path. */
export interface CodeOwnersSpec {
  readonly path: string;
  /** `@user`, `@organization/team`. */
  readonly owners: readonly string[];
}

/** Severities, and how soon each is answered. */
export const SEVERITIES: Readonly<Record<string, Omit<LabelSpec, "name">>> = {
  P0: { color: "b60205", description: "Service down: answered within 5 minutes" },
  P1: { color: "d93f0b", description: "Critical feature broken: answered within 30 minutes" },
  P2: { color: "fbca04", description: "Major degradation: answered within 4 hours" },
  P3: { color: "0e8a16", description: "Minor: answered within 2 days" },
};
