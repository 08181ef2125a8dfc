import { createHash } from "node:crypto";
import sodium from "libsodium-wrappers";
import type { Node } from "./description.ts";

export type Thing = { readonly [key: string]: Node };

/** A secret as GitHub has it: what arrived, and what the private key makes of it. */
export interface KeptSecret {
  readonly name: string;
  /** What arrived, in Base64. */
  readonly sealed: string;
  /** Opened with the private key. */
  readonly value: string;
  readonly created: string;
  updated: string;
}

export interface KeptVariable {
  readonly name: string;
  value: string;
  readonly created: string;
  updated: string;
}

export interface BranchPolicy {
  readonly id: number;
  name: string;
  readonly type: "branch" | "tag";
}

export interface Reviewer {
  readonly type: "User" | "Team";
  readonly id: number;
}

/** An environment of a repository. */
export interface KeptEnvironment {
  readonly id: number;
  readonly name: string;
  readonly created: string;
  updated: string;
  waitTimer: number;
  preventSelfReview: boolean;
  canAdminsBypass: boolean;
  reviewers: readonly Reviewer[];
  branchPolicy: { readonly protected_branches: boolean; readonly custom_branch_policies: boolean } | null;
  readonly policies: Map<number, BranchPolicy>;
  /** By name in upper case, as GitHub keeps them. */
  readonly variables: Map<string, KeptVariable>;
  readonly secrets: Map<string, KeptSecret>;
  /** Secrets are sealed for it. */
  readonly keys: { readonly id: string; readonly publicKey: string; readonly privateKey: Uint8Array };
}

export interface Label {
  readonly id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface KeptRuleset {
  readonly id: number;
  readonly created: string;
  updated: string;
  /** As it was asked for. */
  content: Thing;
}

export interface KeptRepository {
  readonly id: number;
  readonly created: string;
  updated: string;
  /** What was asked for, by GitHub's names; the rest is as in the description's example. */
  settings: Record<string, Node>;
  vulnerabilityAlerts: boolean;
  permissions: { enabled: boolean; allowed_actions: string; sha_pinning_required: boolean };
  selectedActions: { github_owned_allowed: boolean; verified_allowed: boolean; patterns_allowed: readonly string[] };
  workflowPermissions: { default_workflow_permissions: string; can_approve_pull_request_reviews: boolean };
  /** By name in lower case: GitHub does not tell `P0` from `p0`. */
  readonly labels: Map<string, Label>;
  readonly rulesets: Map<number, KeptRuleset>;
  /** By name in lower case. */
  readonly environments: Map<string, KeptEnvironment>;
}

/** The labels that GitHub makes in a new repository, a few of them. */
const FIRST_LABELS: readonly (readonly [name: string, color: string])[] = [
  ["bug", "d73a4a"],
  ["documentation", "0075ca"],
  ["enhancement", "a2eeef"],
];

export interface People {
  readonly owner: string;
  readonly repository: string;
  readonly users: readonly string[];
  readonly teams: readonly string[];
}

/** Everything that this GitHub knows. Tests read it, and change it as a person with a browser would. */
export class World {
  readonly owner: { readonly name: string; readonly id: number };
  readonly users: ReadonlyMap<string, number>;
  readonly teams: ReadonlyMap<string, number>;
  /** By name in lower case. */
  readonly repositories = new Map<string, KeptRepository>();
  #lastId = 1000;
  #clock = Date.now() - 24 * 60 * 60 * 1000;

  constructor({ owner, repository, users, teams }: People) {
    this.owner = { name: owner, id: this.nextId() };
    this.users = new Map(users.map((login) => [login, this.nextId()]));
    this.teams = new Map(teams.map((slug) => [slug, this.nextId()]));
    this.addRepository(repository, { name: repository });
  }

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** The time now: a second later than when it was last asked for, because GitHub's times have no parts of one. */
  now(): string {
    this.#clock += 1000;
    return `${new Date(this.#clock).toISOString().slice(0, 19)}Z`;
  }

  addRepository(name: string, settings: Record<string, Node>): KeptRepository {
    const now = this.now();
    const made: KeptRepository = {
      ...{ id: this.nextId(), created: now, updated: now },
      settings: { visibility: "public", ...settings },
      vulnerabilityAlerts: false,
      permissions: { enabled: true, allowed_actions: "all", sha_pinning_required: false },
      selectedActions: { github_owned_allowed: false, verified_allowed: false, patterns_allowed: [] },
      workflowPermissions: { default_workflow_permissions: "read", can_approve_pull_request_reviews: false },
      labels: new Map(FIRST_LABELS.map(([label, color]) => [label, { id: this.nextId(), name: label, color, description: null }])),
      ...{ rulesets: new Map(), environments: new Map() },
    };
    this.repositories.set(name.toLowerCase(), made);
    return made;
  }

  addEnvironment(repository: KeptRepository, name: string): KeptEnvironment {
    const now = this.now();
    const pair = sodium.crypto_box_keypair();
    const publicKey = Buffer.from(pair.publicKey).toString("base64");
    const id = createHash("sha256").update(publicKey).digest("hex").slice(0, 16);
    const made: KeptEnvironment = {
      ...{ id: this.nextId(), name, created: now, updated: now },
      ...{ waitTimer: 0, preventSelfReview: false, canAdminsBypass: true, reviewers: [], branchPolicy: null },
      ...{ policies: new Map(), variables: new Map(), secrets: new Map() },
      keys: { id, publicKey, privateKey: pair.privateKey },
    };
    repository.environments.set(name.toLowerCase(), made);
    return made;
  }

  /** The repository that was there from the beginning, or the only one. */
  get repository(): KeptRepository {
    const [only] = this.repositories.values();
    if (only === undefined) throw new Error("there is no repository any more");
    return only;
  }

  environment(name: string): KeptEnvironment {
    const found = this.repository.environments.get(name.toLowerCase());
    if (found === undefined) throw new Error(`there is no environment ${name}`);
    return found;
  }
}

/** Open a sealed box, as GitHub does when a secret arrives; undefined when it was not sealed for this key. */
export function open(sealed: string, { publicKey, privateKey }: KeptEnvironment["keys"]): string | undefined {
  try {
    const opened = sodium.crypto_box_seal_open(Buffer.from(sealed, "base64"), Buffer.from(publicKey, "base64"), privateKey);
    return Buffer.from(opened).toString("utf8");
  } catch {
    return undefined;
  }
}
