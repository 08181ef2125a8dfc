import type * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import type { ActionsEnvironmentSecretArgs } from "@pulumi/github/actionsEnvironmentSecret.js";
import type { ActionsEnvironmentVariableArgs } from "@pulumi/github/actionsEnvironmentVariable.js";
import type { ActionsRepositoryPermissionsArgs } from "@pulumi/github/actionsRepositoryPermissions.js";
import type { RepositoryArgs } from "@pulumi/github/repository.js";
import type { RepositoryEnvironmentArgs } from "@pulumi/github/repositoryEnvironment.js";
import type { RepositoryRulesetArgs } from "@pulumi/github/repositoryRuleset.js";
import type { RepositoryVulnerabilityAlertsArgs } from "@pulumi/github/repositoryVulnerabilityAlerts.js";
import type { Unwrap } from "@pulumi/pulumi";
import type { z } from "zod";
import type { Estate } from "./estate.ts";
import type { Facts } from "./facts.ts";
import type { Scheduled, Workload } from "./pods.ts";

/** How much a rule weighs: `mandatory` stops a preview and an update, `advisory` is said. */
export type Level = "mandatory" | "advisory" | "disabled";

/** Files that hold the rules; each is a chapter of docs/policies.md. */
export const AREAS = [
  "containers",
  "images",
  "edge",
  "data",
  "secrets",
  "network",
  "release",
  "workloads",
  "applications",
  "repository",
] as const;
export type Area = (typeof AREAS)[number];

/** Resources that rules look at one by one, by the engine's name for their type. */
export interface Types {
  readonly "docker:index/container:Container": Facts<Unwrap<docker.ContainerArgs>>;
  readonly "docker:index/remoteImage:RemoteImage": Facts<Unwrap<docker.RemoteImageArgs>>;
  readonly "docker:index/volume:Volume": Facts<Unwrap<docker.VolumeArgs>>;
  readonly "command:local:Command": Facts<Unwrap<command.local.CommandArgs>>;
  readonly "kubernetes:apps/v1:Deployment": Workload;
  readonly "kubernetes:apps/v1:StatefulSet": Workload;
  readonly "kubernetes:apps/v1:DaemonSet": Workload;
  readonly "kubernetes:batch/v1:CronJob": Scheduled;
  readonly "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret": Facts<Unwrap<ActionsEnvironmentSecretArgs>>;
  readonly "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": Facts<Unwrap<ActionsEnvironmentVariableArgs>>;
  readonly "github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions": Facts<Unwrap<ActionsRepositoryPermissionsArgs>>;
  readonly "github:index/repository:Repository": Facts<Unwrap<RepositoryArgs>>;
  readonly "github:index/repositoryEnvironment:RepositoryEnvironment": Facts<Unwrap<RepositoryEnvironmentArgs>>;
  readonly "github:index/repositoryRuleset:RepositoryRuleset": Facts<Unwrap<RepositoryRulesetArgs>>;
  readonly "github:index/repositoryVulnerabilityAlerts:RepositoryVulnerabilityAlerts": Facts<Unwrap<RepositoryVulnerabilityAlertsArgs>>;
}
export type Type = keyof Types;

interface Text<C> {
  /** Kebab-case; it is what levels and exceptions name. */
  readonly name: string;
  /** What holds, and why. */
  readonly description: string;
  /** What to change. */
  readonly remediation: string;
  /** Where a stack's levels file says nothing. @default "mandatory" */
  readonly level?: Level;
  /** What can be tuned in the levels file; every field has a default. */
  readonly config?: z.ZodType<C>;
}

/** What the engine knows of a resource besides its properties. */
export interface About {
  readonly name: string;
  /** Types of the components that it is part of, outermost first. */
  readonly within: readonly string[];
  /** Whether the engine refuses to delete it. */
  readonly protect: boolean;
  readonly secretOutputs: readonly string[];
}

/** Judges one resource, before anything is done to it. */
export interface ResourceRule<T extends Type = Type, C = unknown> extends Text<C> {
  /** One type, or several that are judged alike. */
  readonly on: T | readonly T[];
  /** @returns in words, what is wrong; nothing when all is well */
  readonly check: (props: Types[T], about: About, config: C) => readonly string[] | Promise<readonly string[]>;
}

/** Judges what several resources are together. */
export interface StackRule<C = unknown> extends Text<C> {
  /** Without a resource of this type, the rule has nothing to say. */
  readonly needs?: string;
  readonly checkStack: (estate: Estate, config: C) => readonly Violation[];
}

export interface Violation {
  readonly message: string;
  /** The resource it is about; @default the stack */
  readonly urn?: string | undefined;
}

export type Rule = AnyResourceRule | StackRule;
/** Any one of the kinds, with its own types inside. */
export type AnyResourceRule = { [T in Type]: ResourceRule<T> }[Type];

/** Declares a rule whose configuration's type follows from its schema. */
export const resourceRule = <T extends Type, C>(rule: ResourceRule<T, C>): ResourceRule<T> => rule as unknown as ResourceRule<T>;
export const stackRule = <C>(rule: StackRule<C>): StackRule => rule as unknown as StackRule;

export const isStackRule = (rule: Rule): rule is StackRule => "checkStack" in rule;
