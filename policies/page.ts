import { z } from "zod";
import type { Area, Rule } from "./rule.ts";
import { RULES } from "./rules.ts";

const TITLES: Readonly<Record<Area, string>> = {
  containers: "Containers",
  images: "Images",
  edge: "The edge",
  data: "Data",
  secrets: "Secrets",
  network: "Network",
  release: "Release evidence",
  workloads: "Workloads in a cluster",
  applications: "Applications in Dokploy",
  repository: "The repository",
};

interface Tunable {
  readonly name: string;
  readonly usual: string;
}

/** What a levels file can tune of a rule, with its default. */
export function tunablesOf({ config }: Rule): readonly Tunable[] {
  if (config === undefined) return [];
  const { properties = {} } = z.toJSONSchema(config, { io: "input" });
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    usual: JSON.stringify(typeof schema === "object" ? schema.default : undefined) ?? "none",
  }));
}

/** One rule for the terminal. */
export function renderRule(rule: Rule): string {
  const tunables = tunablesOf(rule).map(({ name, usual }) => `  ${name} (default ${usual})`);
  return [
    ...[rule.name, `  ${rule.description}`, `  To mend it: ${rule.remediation}`],
    ...(tunables.length > 0 ? ["  To be tuned in policies/levels.<stack>.json:", ...tunables.map((line) => `  ${line}`)] : []),
  ].join("\n");
}

const chapter = (area: Area, rules: readonly Rule[]): string[] => [
  `## ${TITLES[area]}`,
  "",
  ...rules.flatMap((rule) => {
    const tunables = tunablesOf(rule).map(({ name, usual }) => `\`${name}\` (default \`${usual}\`)`);
    return [
      `### ${rule.name}`,
      "",
      rule.description,
      "",
      `*To mend it:* ${rule.remediation}`,
      ...(tunables.length > 0 ? ["", `*To be tuned:* ${tunables.join(", ")}.`] : []),
      "",
    ];
  }),
];

/** docs/policies.md, from the rules themselves. */
export function policiesPage(): string {
  return [
    "# Policies: the quality gates",
    "",
    "This page is made by `npm run generate` from `policies/`; a test holds it against the rules.",
    "",
    "```sh",
    "npm run preview                      # preview with the gates; exit code 1 when a mandatory rule is broken",
    "npm run up                           # the same gates, then the update",
    "npm run policy -- list               # every rule, and its level in each environment",
    "npm run policy -- explain NAME       # one rule",
    "```",
    "",
    "A rule that looks at one resource is judged before anything is done to it. A rule that looks at several together is judged at the end of a",
    "preview, so `npm run up` never skips it. What a preview cannot know yet is never taken for bad: the rule is judged again by the update.",
    "`npm run pulumi -- up` is Pulumi as it is, without gates.",
    "",
    "The engine hands a pack the stack's settings, decrypted, in the environment of the pack's own process, as it does with the program; only your user can",
    "read it. The rules look at resources, and say of a secret where it is, never what.",
    "",
    "## Levels",
    "",
    "`policies/levels.<stack>.json` says how much each rule weighs in a stack: `mandatory` stops it, `advisory` is said, `disabled` is not asked.",
    "`all` holds for the rules that are not named. A stack without a file gets those of prod. A rule's numbers are tuned there too:",
    "",
    "```json",
    '{ "all": "mandatory", "weight-is-an-allowed-step": { "enforcementLevel": "mandatory", "steps": [0, 5, 50, 100] } }',
    "```",
    "",
    "## Exceptions",
    "",
    "`policies/exceptions.json` lets one resource off one rule for a time. The last day counts in UTC; after it, the rule holds again and",
    "`exceptions-are-in-order` refuses the stack until the entry is gone or has a new day. It refuses an unknown rule, too.",
    "",
    "```json",
    '[{ "rule": "container-has-read-only-root", "resource": "api-green-1", "stack": "prod", "reason": "the profiler writes beside its program", "expires": "2027-01-31" }]',
    "```",
    "",
    ...(Object.entries(RULES) as [Area, readonly Rule[]][]).flatMap(([area, rules]) => chapter(area, rules)),
  ].join("\n");
}
