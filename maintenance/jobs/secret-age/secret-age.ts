import { z } from "zod";
import { secretAge as ageOf } from "../../../components/github/secret-age.ts";
import type { Finding, Job, JobOutcome } from "../../job.ts";

/** Secrets that are older than they may be, and those of which nobody says how old they are. */
export const secretAge: Job = {
  name: "secret-age",
  run: async ({ facts, now }) => judgeSecrets(SecretAgeFacts.parse(facts), now().toISOString().slice(0, 10)),
};

/** Names and days; no values. */
export const SecretAgeFacts = z.object({
  maxDays: z.number(),
  secrets: z.array(z.object({ name: z.string(), rotated: z.string().optional() })),
});
export type SecretAgeFacts = z.infer<typeof SecretAgeFacts>;

/** @param today `2026-11-22`, UTC */
export function judgeSecrets({ maxDays, secrets }: SecretAgeFacts, today: string): JobOutcome {
  const judged = secrets.map(({ name, rotated }) => ({ name, rotated, ...ageOf({ rotated, maxAgeDays: maxDays }, today) }));
  const findings = judged.flatMap(({ name, problem, days }): Finding[] =>
    problem === undefined
      ? []
      : [
          {
            // What is not known is not old yet: it asks for a line in the settings.
            level: days === undefined ? "notice" : "warning",
            what: `${name}: ${problem}.`,
            todo:
              days === undefined
                ? `Write the day into sluice:maintenance.secretAge.rotated.${name}.`
                : `Make a new value where it comes from, then: npm run pulumi -- config set --secret --path 'sluice:secrets.${name}', write today into sluice:maintenance.secretAge.rotated, and npm start.`,
          },
        ],
  );
  const old = findings.filter(({ level }) => level === "warning").length;
  const ages = judged.flatMap(({ days }) => (days === undefined ? [] : [days]));
  return {
    summary: `${secrets.length} secrets: ${old === 0 ? "none is" : `${old} ${old === 1 ? "is" : "are"}`} older than ${maxDays} days${findings.length > old ? `, of ${findings.length - old} nobody says how old they are` : ""}.`,
    findings,
    sections: [
      {
        title: "Secrets",
        table: {
          head: ["name", "last changed", "days"],
          rows: judged.map(({ name, rotated, days }) => [name, rotated ?? "not said", days === undefined ? "?" : `${days}`]),
        },
      },
    ],
    metrics: [
      { name: "sluice_secrets_old", help: "Secrets that are older than they may be.", value: old },
      ...(ages.length > 0
        ? [{ name: "sluice_secret_age_days", help: "Days since the oldest secret was changed.", value: Math.max(...ages) }]
        : []),
    ],
  };
}
