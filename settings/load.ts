import * as pulumi from "@pulumi/pulumi";
import { decodeSettings, PROJECT } from "./decode.ts";
import { RENDER_TO } from "./facts.ts";
import { parseSettings } from "./parse.ts";
import { type Problem, renderProblems } from "./problems.ts";
import type { Settings } from "./types.ts";

export interface RunFacts {
  readonly stack: string;
  /** Whether this run only shows what would happen. */
  readonly preview: boolean;
  /** Folder that the cluster's manifests are written to (`npm run render`), in place of anything else. @default nothing is written */
  readonly renderTo?: string | undefined;
}

export const runFacts = (): RunFacts => ({
  ...{ stack: pulumi.getStack(), preview: pulumi.runtime.isDryRun() },
  renderTo: process.env[RENDER_TO] || undefined,
});

/**
 * The settings of the stack that runs. The only reader of Pulumi's config and of the environment in the program.
 *
 * @throws {pulumi.RunError} one error with every problem in it; also when `up` meets an image whose digest is a stand-in
 */
export function loadSettings(): Settings {
  const { stack, preview, renderTo } = runFacts();
  const { DOCKER_HOST: dockerHost, GITHUB_TOKEN: githubToken } = process.env;
  const result = parseSettings(decodeSettings(pulumi.runtime.allConfig()), {
    stack,
    dockerHost: dockerHost || undefined,
    // A preview does without: pull requests have no token that may administrate the repository.
    ...(!preview && renderTo === undefined && { hasGithubToken: Boolean(githubToken) }),
    // Manifests hold no secrets, and are written without any: in their place stands a text that is none.
    ...(renderTo === undefined && { secretKeys: secretKeys() }),
  });
  if ("problems" in result) throw refusal(result.problems, stack);
  const unfinished = [...result.ok.standIns.map(standIn), ...result.ok.unset.map(unset)];
  if (!preview && renderTo === undefined && unfinished.length > 0) throw refusal(unfinished, stack);
  return Object.freeze({ ...result.ok, secrets: secretOutputs(Object.keys(result.ok.secrets)) });
}

const refusal = (problems: readonly Problem[], stack: string) => new pulumi.RunError(renderProblems(problems, `Pulumi.${stack}.yaml`));

const standIn = (path: string): Problem => ({
  path,
  received: "a stand-in: a digest of 64 zeros",
  allowed: "an image that exists; a stand-in can only be previewed",
  fix: `npm run pulumi -- config set --path '${path}' <image>@sha256:<digest>`,
});

const unset = ({ path, secret }: Settings["unset"][number]): Problem => ({
  path,
  received: "a secret that is not set",
  allowed: "a name from sluice:secrets; without its value, it can only be previewed",
  fix: `npm run pulumi -- config set --secret --path 'sluice:secrets.${secret}', then \`rotated\`; or take it out`,
});

/** What the repository is administrated with: a secret of the stack, or the machine's GITHUB_TOKEN, which the plugin finds by itself. */
export type RepositoryToken = pulumi.Output<string> | "machine";

/** The token that the repository is administrated with, as an Output that the engine knows to be secret; nothing in a preview that has none. */
export function githubToken({ github, secrets }: Pick<Settings, "github" | "secrets">): RepositoryToken | undefined {
  const { GITHUB_TOKEN: machine } = process.env;
  const own = github?.token === undefined ? undefined : secrets[github.token];
  return own ?? (machine ? "machine" : undefined);
}

/** Top-level settings that hold something encrypted. The SDK has this list too, but does not export it. */
function secretKeys(): string[] {
  const listed: unknown = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  return Array.isArray(listed)
    ? listed.flatMap((key) => (typeof key === "string" && key.startsWith(`${PROJECT}:`) ? [key.slice(PROJECT.length + 1)] : []))
    : [];
}

/** Each secret as an Output that the engine knows to be secret. */
function secretOutputs(names: readonly string[]): Settings["secrets"] {
  const config = new pulumi.Config(PROJECT);
  const passwords: Readonly<Record<string, string>> = { "postgres-password": "postgresPassword", "redis-password": "redisPassword" };
  const all = config.getSecretObject<Record<string, string>>("secrets");
  const output = (name: string): pulumi.Output<string> => {
    const setting = passwords[name];
    if (setting !== undefined) return config.requireSecret(setting);
    if (all === undefined) throw new Error(`secret ${name} passed the rules, but sluice:secrets is gone`);
    return all.apply((secrets) => secrets[name] ?? "");
  };
  return Object.freeze(Object.fromEntries(names.map((name) => [name, output(name)])));
}
