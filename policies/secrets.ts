import { type Fact, isGiven, isKnown, knownOf } from "./facts.ts";
import { plainSecrets } from "./plain-secrets.ts";
import { resourceRule } from "./rule.ts";

const text = (value: Fact<string> | null | undefined): string[] => (isGiven(value) ? [value] : []);

const FIX =
  "Put it into `sluice:secrets` (npm run pulumi -- config set --secret --path 'sluice:secrets.<name>') and read it from the file in /run/secrets. Then change the secret: it has been seen.";

export const containerHasNoPlainSecret = resourceRule({
  name: "container-has-no-plain-secret",
  on: "docker:index/container:Container",
  description:
    "No environment variable, label, command or uploaded file of a container holds what looks like a secret: `docker inspect`, the state and every log would show it.",
  remediation: FIX,
  check: ({ envs, labels, command, entrypoints, uploads }) =>
    plainSecrets({
      "its environment": knownOf(envs),
      "its labels": knownOf(labels).flatMap(({ value }) => text(value)),
      "its command": [...knownOf(entrypoints), ...knownOf(command)],
      "an uploaded file": knownOf(uploads).flatMap(({ content }) => text(content)),
    }),
});

export const commandHasNoPlainSecret = resourceRule({
  name: "command-has-no-plain-secret",
  on: "command:local:Command",
  description:
    "No command holds what looks like a secret in its text or its environment: process lists and logs would show it. Secrets go through standard input.",
  remediation: FIX,
  check: ({ create, update, delete: end, environment }) =>
    plainSecrets({
      "its text": [...text(create), ...text(update), ...text(end)],
      "its environment": isGiven(environment)
        ? Object.entries(environment).flatMap(([key, value]) => text(value).map((one) => `${key}=${one}`))
        : [],
    }),
});

export const secretStaysSecret = resourceRule({
  name: "secret-stays-secret",
  on: "command:local:Command",
  description: "A command that writes a secret says nothing of it: its output is neither logged nor plain in the state.",
  remediation: "Use Sluice's `SecretFiles`, or set `logging: none` and `additionalSecretOutputs: [stdout, stderr]`.",
  check: ({ create, logging }, { secretOutputs }) => {
    if (!isGiven(create) || !/\bput-secret\b/.test(create)) return [];
    const open = ["stdout", "stderr"].filter((output) => !secretOutputs.includes(output));
    return [
      ...(!isKnown(logging) || logging === "none" ? [] : ["its output is logged"]),
      ...(open.length > 0 ? [`its ${open.join(" and ")} would be plain in the state`] : []),
    ];
  },
});
