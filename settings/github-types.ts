import type {
  BranchRulesSpec,
  CodeOwnersSpec,
  EnvironmentSpec,
  LabelSpec,
  RepositoryRef,
  RepositorySpec,
} from "../components/github/spec.ts";

/** A repository on GitHub, and what the estate decides about it. */
export interface GithubSettings extends RepositoryRef {
  /** Name in `Settings.secrets`; absent: the machine's own, GITHUB_TOKEN. */
  readonly token?: string | undefined;
  /** Address of the API. */
  readonly baseUrl: string;
  /** Pause between two changes, milliseconds. */
  readonly writePauseMs: number;
  readonly settings: RepositorySpec;
  /** Sorted by name. */
  readonly environments: readonly EnvironmentSpec[];
  /** Absent: nothing is decided about branches. */
  readonly ruleset?: BranchRulesSpec;
  /** Sorted by name. */
  readonly labels: readonly LabelSpec[];
  /** In the order of the file: the last one that fits a path wins. */
  readonly codeowners: readonly CodeOwnersSpec[];
}
