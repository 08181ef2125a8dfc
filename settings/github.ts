import { z } from "zod";
import {
  ADMIN_BYPASS,
  GITHUB_API,
  GITHUB_WRITE_PAUSE_MS,
  MERGE_METHODS,
  NEVER,
  SELF_REVIEW,
  SEVERITIES,
  USUAL_AGE_DAYS,
} from "../components/github/spec.ts";
import { type About, field, flag, text, whole } from "./field.ts";
import { ruleset } from "./github-ruleset.ts";
import { SECRET_NAME } from "./service.ts";

export const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?$/;
export const REPOSITORY = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/;
export const ENVIRONMENT = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/;
/** Upper case alone: GitHub does not tell `a` from `A`. */
export const VARIABLE = /^(?!GITHUB_)[A-Z_][A-Z0-9_]{0,254}$/;
const TEAM = /^[a-z0-9][a-z0-9_-]{0,99}$/;
const REF = /^(?![/.-])[A-Za-z0-9._/*?-]{1,200}$/;
const OWNED_PATH = /^[^\s#!\0[\]][^\s#\0[\]]{0,199}$/;
const CODE_OWNER = /^@[A-Za-z0-9](?:[A-Za-z0-9-]{0,37}[A-Za-z0-9])?(?:\/[a-z0-9][a-z0-9_-]{0,99})?$/;
/** A login in an address would be on screens and in logs. */
const ADDRESS = /^https?:\/\/[^\s/@?#]+(?:\/[^\s?#@]*)?$/;
const ACTIONS = /^[A-Za-z0-9][A-Za-z0-9-]*\/[A-Za-z0-9._/*-]+(?:@[A-Za-z0-9._/*-]+)?$/;

/** A list of texts, each as `one` says. */
const list = (pattern: RegExp, one: About, all: About) => field(z.array(text(pattern, one)), all);

const LOGIN = { means: "A login.", allowed: "a login", example: "octocat" };
const logins = list(OWNER, LOGIN, {
  means: "People, by their logins. They need read access to the repository.",
  allowed: "a list of logins",
  example: ["octocat"],
}).default([]);
const TEAM_SLUG = { means: "A team.", allowed: "a team's slug: lower-case letters, digits, `-`, `_`", example: "platform" };
const teams = list(TEAM, TEAM_SLUG, {
  means: "The organization's teams, by their slugs.",
  allowed: "a list of team slugs",
  example: ["platform"],
}).default([]);
const refs = (means: string, example: string) =>
  list(
    REF,
    { means: "A name, `*` for any part of one.", allowed: "a name pattern", example },
    { means, allowed: "a list of name patterns", example: [example] },
  );

const settings = field(
  z.strictObject({
    autoMerge: flag("Whether a pull request may be told to merge itself as soon as every rule is met.", true).default(true),
    deleteBranchOnMerge: flag("Whether the branch of a merged pull request goes.", true).default(true),
    mergeMethods: field(
      z
        .array(field(z.enum(MERGE_METHODS), { means: "A way to merge.", allowed: "squash, rebase or merge", example: "squash" }))
        .min(1)
        .refine((all) => new Set(all).size === all.length),
      { means: "How pull requests may be merged.", allowed: "a list of squash, rebase, merge, each once", example: ["squash"] },
    ).default(["squash"]),
    vulnerabilityAlerts: flag("Whether GitHub tells of known vulnerabilities in dependencies.", true).default(true),
    shaPinningRequired: flag("Whether workflows may use actions by their full commit SHA alone: a tag can be moved.", true).default(true),
    actions: list(
      ACTIONS,
      { means: "Actions.", allowed: "a pattern of actions", example: "octokit/*" },
      {
        means: "Actions that workflows may use, besides GitHub's own and the repository's.",
        allowed: "a list of patterns of actions",
        example: ["octokit/*"],
        whenAbsent: "any action",
      },
    ).optional(),
  }),
  { means: "What holds for the whole repository.", allowed: "a map", example: { autoMerge: false } },
);

const secret = field(
  z.strictObject({
    secret: text(SECRET_NAME, {
      means: "Where the value is: a name from `sluice:secrets`. `preview` does without one that is not set yet, `up` refuses it.",
      allowed: "1 to 63 lower-case letters, digits, `.`, `_`, `-`, starting with a letter or digit",
      example: "slack-webhook",
    }).optional(),
    // Without quotes, the engine's YAML makes a moment of the day.
    rotated: field(
      z
        .string()
        .overwrite((given) => given.replace(/ 00:00:00 \+0000 UTC$/, ""))
        .date(),
      {
        means: "Day that the value was last changed.",
        allowed: "a day, YYYY-MM-DD",
        example: "2026-11-01",
        whenAbsent: "it must be set as soon as the secret is",
      },
    ).optional(),
    maxAgeDays: whole(1, 3650, "days", "Days after which the value is old: previews warn, `npm run github -- secrets` fails.", 90).default(
      USUAL_AGE_DAYS,
    ),
  }),
  {
    means: "One secret of an environment.",
    allowed: "a map with `secret`",
    example: { secret: "slack-webhook", rotated: "2026-11-01" },
    jsonSchema: { required: ["secret"] },
  },
);

const environment = field(
  z.strictObject({
    reviewers: field(z.strictObject({ users: logins, teams }), {
      means: "Who has to approve a deployment; one of them is enough. At most six users and teams together.",
      allowed: "a map with `users`, `teams`",
      example: { teams: ["platform"] },
    }).prefault({}),
    waitMinutes: whole(0, 43_200, "minutes", "Minutes that a deployment waits before it begins.", 30).default(0),
    selfReview: field(z.enum([NEVER, SELF_REVIEW]), {
      means: "Whether people may approve what they themselves deploy.",
      allowed: `${NEVER} or ${SELF_REVIEW}`,
      example: NEVER,
    }).default(NEVER),
    adminBypass: field(z.enum([NEVER, ADMIN_BYPASS]), {
      means: "Whether administrators may deploy past reviewers and timer.",
      allowed: `${NEVER} or ${ADMIN_BYPASS}`,
      example: NEVER,
    }).default(NEVER),
    branches: refs("Branches that may be deployed from. Nothing else may, but `tags`.", "main").default(["main"]),
    tags: refs("Tags that may be deployed from.", "v*").default([]),
    variables: field(
      z.record(
        z.string(),
        field(z.string().max(48_000), { means: "Its value.", allowed: "text of up to 48,000 characters", example: "eu-1" }),
      ),
      {
        means: "Variables that workflows find there. Everybody who may read the repository may read them.",
        allowed: "a map of names to texts",
        example: { REGION: "eu-1" },
        jsonSchema: { propertyNames: { pattern: VARIABLE.source } },
      },
    ).default({}),
    secrets: field(z.record(z.string(), secret), {
      means: "Secrets that workflows find there, by their names there. They travel and are kept sealed: GitHub alone can open them.",
      allowed: "a map of names to secrets",
      example: { SLACK_WEBHOOK: { secret: "slack-webhook", rotated: "2026-11-01" } },
      jsonSchema: { propertyNames: { pattern: VARIABLE.source } },
    }).default({}),
  }),
  { means: "One place that workflows deploy to.", allowed: "a map", example: { reviewers: { teams: ["platform"] } } },
);

const label = field(
  z.strictObject({
    color: text(/^[0-9a-fA-F]{6}$/, { means: "Its color.", allowed: "six hexadecimal digits, in quotes", example: "b60205" }).default(
      "ededed",
    ),
    description: text(/^[^\r\n\0]{0,100}$/, {
      means: "What it says, to people who choose one.",
      allowed: "one line of up to 100 characters",
      example: "Service down: answered within 5 minutes",
    }).default(""),
  }),
  { means: "One label.", allowed: "a map", example: { color: "b60205", description: "Service down" } },
);

export const github = field(
  z.strictObject({
    owner: text(OWNER, { means: "Organization or person that has the repository.", allowed: "a login", example: "example" }).optional(),
    repository: text(REPOSITORY, {
      means: "The repository's name, without its owner.",
      allowed: "up to 100 letters, digits, `.`, `_`, `-`",
      example: "shop",
    }).optional(),
    token: text(SECRET_NAME, {
      means: "Token that may administrate the repository: the name of a secret.",
      allowed: "a name from sluice:secrets",
      example: "github-token",
      whenAbsent: "the machine's own: GITHUB_TOKEN",
    }).optional(),
    baseUrl: text(ADDRESS, {
      means: "GitHub's API: another one than github.com's for an Enterprise Server.",
      allowed: "an http(s) address without a login in it",
      example: "https://github.example.com/api/v3/",
    }).default(GITHUB_API),
    writePauseMs: whole(
      1,
      60_000,
      "milliseconds",
      "Pause between two changes. github.com asks for a second; an Enterprise Server without rate limits can do with less.",
      100,
    ).default(GITHUB_WRITE_PAUSE_MS),
    settings: settings.prefault({}),
    environments: field(z.record(z.string(), environment), {
      means: "Places that workflows deploy to, by name: what stands before each, and what they find there.",
      allowed: "a map of names to environments",
      example: { prod: { reviewers: { teams: ["platform"] }, tags: ["v*"] } },
      jsonSchema: { propertyNames: { pattern: ENVIRONMENT.source } },
    }).default({}),
    ruleset: ruleset.optional(),
    labels: field(z.record(z.string(), label), {
      means: "Labels of issues, by name. Others are left as they are.",
      allowed: "a map of names to labels",
      example: { P0: { color: "b60205", description: "Service down: answered within 5 minutes" } },
    }).default({ ...SEVERITIES }),
    codeowners: field(
      z.array(
        field(
          z.strictObject({
            path: text(OWNED_PATH, { means: "Pattern of files.", allowed: "a pattern as in .gitignore", example: "/policies/" }).optional(),
            owners: list(
              CODE_OWNER,
              { means: "An owner.", allowed: "@user or @organization/team", example: "@example/platform" },
              { means: "Who is asked.", allowed: "a list of owners: @user or @organization/team", example: ["@example/platform"] },
            ).default([]),
          }),
          {
            means: "Files, and who is asked about them.",
            allowed: "a map with `path` and `owners`",
            example: { path: "*", owners: ["@example/platform"] },
            jsonSchema: { required: ["path", "owners"] },
          },
        ),
      ),
      {
        means:
          "Who is asked about a change, in order: the last `path` that fits wins, and no `owners` is nobody. `npm run github -- codeowners` writes .github/CODEOWNERS.",
        allowed: "a list of maps with `path` and `owners`",
        example: [{ path: "*", owners: ["@example/platform"] }],
      },
    ).default([]),
  }),
  {
    means: "A repository on GitHub: environments, rules, labels, settings (docs/github.md). A stack may have nothing else.",
    allowed: "a map with `owner` and `repository`",
    example: { owner: "example", repository: "shop" },
    whenAbsent: "no repository",
    jsonSchema: { required: ["owner", "repository"] },
  },
);

export type WrittenGithub = z.output<typeof github>;
export type WrittenEnvironment = WrittenGithub["environments"][string];
