import { z } from "zod";
import { slotsWithClients } from "../components/edge/share.ts";
import { DEFAULT_LIMITS, type Gate, gatesOf } from "../evidence/gates.ts";
import type { DeclaredEvidence, Evidence } from "../evidence/schema.ts";
import type { Declared, Estate } from "./estate.ts";
import { type Facts, isGiven, isKnown } from "./facts.ts";
import { MAKE_PODS, podsOf } from "./pods.ts";
import { stackRule, type Violation } from "./rule.ts";

const EVIDENCE = "sluice:evidence:Evidence";
const HOUR_MS = 3_600_000;
const USUAL_HOURS = 24;
const GATHER = "npm run evidence -- --stack <stack>";

/** The stack's evidence; it is read from a file before anything runs, so a preview knows all of it. */
function declared(estate: Estate): (Declared<Facts<DeclaredEvidence>> & { readonly evidence: Evidence | undefined }) | undefined {
  const [found] = estate.all(EVIDENCE);
  return found && { ...found, evidence: isGiven(found.props.evidence) ? (found.props.evidence as Evidence) : undefined };
}

/** Judges what the evidence says; where there is none to believe, another rule says so. */
const about = (estate: Estate, judge: (evidence: Evidence) => readonly string[]): readonly Violation[] => {
  const found = declared(estate);
  return found?.evidence ? judge(found.evidence).map((message) => ({ urn: found.urn, message })) : [];
};

export const hasEvidence = stackRule({
  name: "release-has-evidence",
  description: "A release comes with evidence: what the tools found out about this very commit, signed by the pipeline.",
  remediation: `Set \`sluice:evidence.publicKey\`, then: ${GATHER}.`,
  checkStack: (estate) => {
    const found = declared(estate);
    if (!found) return [{ message: "no evidence is declared" }];
    const { problem } = found.props;
    return isGiven(problem) ? [{ urn: found.urn, message: problem }] : [];
  },
});

export const isFresh = stackRule({
  name: "release-evidence-is-fresh",
  needs: EVIDENCE,
  description: "Evidence is young: dependencies, images and the database go on while it lies there.",
  remediation: `Gather it again: ${GATHER}.`,
  config: z.strictObject({
    /** Harder or softer than `sluice:evidence.maxAgeHours`. */
    maxAgeHours: z.number().positive().optional(),
  }),
  checkStack: (estate, { maxAgeHours }) =>
    about(estate, ({ createdAt }) => {
      const declaredHours = declared(estate)?.props.maxAgeHours;
      const limit = maxAgeHours ?? (isGiven(declaredHours) ? declaredHours : USUAL_HOURS);
      const hours = (Date.now() - Date.parse(createdAt)) / HOUR_MS;
      // Five minutes of a clock that goes before the other are no lie.
      if (hours < -5 / 60) return [`it is from the future: ${createdAt}`];
      return hours <= limit ? [] : [`it is ${hours.toFixed(1)} hours old; at most ${limit}`];
    }),
});

export const isForThisCommit = stackRule({
  name: "release-evidence-is-for-this-commit",
  needs: EVIDENCE,
  description: "Evidence is about the commit that is deployed, as it is checked out, and nothing else.",
  remediation: `Commit, then gather it again: ${GATHER}.`,
  checkStack: (estate) => {
    const head = declared(estate)?.props.head;
    return about(estate, ({ commit, changedFiles }) => [
      ...(isKnown(head) && head === undefined ? ["nobody can say which commit is deployed: this is no git work tree"] : []),
      ...(isGiven(head) && head !== commit ? [`it is for commit ${commit.slice(0, 12)}; ${head.slice(0, 12)} is deployed`] : []),
      ...(changedFiles.length > 0 ? [`${changedFiles.length} files differed from the commit: ${changedFiles.slice(0, 3).join(", ")}`] : []),
    ]);
  },
});

export const coversImages = stackRule({
  name: "release-evidence-covers-images",
  needs: EVIDENCE,
  description: "Evidence is about the images that run: each slot's image is in it, and that of each workload and job of a cluster.",
  remediation: `Gather it again, with these images in the stack file: ${GATHER}.`,
  checkStack: (estate) =>
    about(estate, ({ images }) => {
      const slots = slotsOf(estate).map(({ service, slot, reference }) => ({ what: `${slot} of ${service}`, reference }));
      // A slot in a cluster is a Deployment as well: it is spoken of once.
      const pods = podImages(estate).filter(({ reference }) => !slots.some((slot) => slot.reference === reference));
      return [...slots, ...pods]
        .filter(({ reference }) => !images.some((known) => known.reference === reference))
        .map(({ what, reference }) => `${what} runs ${reference}, which is not in it`);
    }),
});

/** The image of every container that something in a cluster makes. */
function podImages(estate: Estate): { readonly what: string; readonly reference: string }[] {
  return MAKE_PODS.flatMap((type) =>
    estate
      .all(type)
      .flatMap(({ name, props }) =>
        (podsOf(props)?.containers ?? []).flatMap(({ image }) => (isGiven(image) ? [{ what: name, reference: image }] : [])),
      ),
  );
}

export const coversCanary = stackRule({
  name: "weight-is-covered-by-evidence",
  needs: EVIDENCE,
  description: "No client goes to a canary that nobody has tested: a weight above 0 needs evidence about that slot's image.",
  remediation: `Set the weight to 0, or gather evidence: ${GATHER}.`,
  checkStack: (estate) => {
    const found = declared(estate);
    const known = found?.evidence?.images.map(({ reference }) => reference) ?? [];
    return estate.all("sluice:edge:TrafficShare").flatMap(({ urn, props: { service, active, canaryWeight } }) => {
      if (!isGiven(service) || !isGiven(active) || !isGiven(canaryWeight) || canaryWeight === 0) return [];
      const [canary] = slotsWithClients(active, canaryWeight).filter((slot) => slot !== active);
      const running = slotsOf(estate).find((one) => one.service === service && one.slot === canary);
      return running && !known.includes(running.reference)
        ? [{ urn, message: `${service} gives ${running.slot} ${canaryWeight} % of clients, and no evidence covers ${running.reference}` }]
        : [];
    });
  },
});

function slotsOf(estate: Estate) {
  return estate
    .all("sluice:service:Slot")
    .flatMap(({ props: { service, slot, reference } }) =>
      isGiven(service) && isGiven(slot) && isGiven(reference) ? [{ service, slot, reference }] : [],
    );
}

interface Question {
  readonly name: string;
  readonly description: string;
  readonly remediation: string;
}

/** One gate of the evidence: the number found, and the number asked. */
const gate = <L extends z.ZodRawShape>(part: Gate["part"], question: Question, limits: L) =>
  stackRule({
    ...{ ...question, needs: EVIDENCE, config: z.strictObject(limits) },
    checkStack: (estate, own) =>
      about(estate, (evidence) =>
        gatesOf(evidence, { ...DEFAULT_LIMITS, ...own })
          .filter((one) => one.part === part && !one.ok)
          .map(({ found, asked }) => `found ${found}; asked is ${asked}`),
      ),
  });

const percent = (usual: number) => z.number().min(0).max(100).default(usual);
const count = (usual = 0) => z.int().min(0).default(usual);

export const buildsAreGreen = gate(
  "builds",
  { name: "release-builds-are-green", description: "Every image of the team builds from the commit.", remediation: "Mend the build." },
  {},
);
export const unitCoverage = gate(
  "unit",
  {
    name: "release-unit-coverage",
    description: "Unit tests pass, and cover enough lines to be worth the name.",
    remediation: "Mend what fails; test what is not covered.",
  },
  { unitPercent: percent(DEFAULT_LIMITS.unitPercent) },
);
export const endToEndCoverage = gate(
  "endToEnd",
  {
    name: "release-end-to-end-coverage",
    description: "End-to-end tests, against a real database and cache, pass and cover enough lines.",
    remediation: "Mend what fails; test what is not covered.",
  },
  { endToEndPercent: percent(DEFAULT_LIMITS.endToEndPercent) },
);
export const lintIsClean = gate(
  "lint",
  { name: "release-lint-is-clean", description: "The linter finds no error.", remediation: "npm run check" },
  { lintErrors: count() },
);
export const typesAreClean = gate(
  "types",
  { name: "release-types-are-clean", description: "The type checker finds no error.", remediation: "npm run check" },
  { typeErrors: count() },
);
export const schemaInSync = gate(
  "schema",
  {
    name: "release-schema-is-in-sync",
    description: "Every migration is applied, and the database's schema is the one that they make.",
    remediation: "Apply the migrations; bring what was changed by hand into one.",
  },
  {},
);
export const noBlockers = gate(
  "blockers",
  { name: "release-has-no-blockers", description: "No P0 or P1 blocker is open.", remediation: "Close the blocker, or do not release." },
  { blockers: count() },
);
export const noSecrets = gate(
  "secrets",
  {
    name: "release-has-no-secrets",
    description: "No secret is in the repository.",
    remediation: "Take it out, and change it: it has been seen.",
  },
  { secrets: count() },
);

/** Vulnerabilities that nobody releases with. What was not looked at is not clean. */
const vulnerable = (part: "audit" | "scan", question: Question) =>
  stackRule({
    // A closed network has neither: teams that have both say `mandatory` in their levels file.
    ...{ ...question, needs: EVIDENCE, level: "advisory" as const, config: z.strictObject({ high: count() }) },
    checkStack: (estate, { high }) =>
      about(estate, ({ [part]: done }) => {
        if ("status" in done) return [`it was not done (${done.why})`];
        const found = done.found.critical + done.found.high;
        return found > high ? [`found ${found} critical or high; asked is at most ${high}`] : [];
      }),
  });

export const auditIsClean = vulnerable("audit", {
  name: "release-audit-is-clean",
  description: "No dependency has a known critical or high vulnerability. What was not looked at is not clean.",
  remediation: "Update the dependency.",
});
export const scanIsClean = vulnerable("scan", {
  name: "release-images-are-scanned",
  description: "No image has a known critical or high vulnerability. What was not scanned is not clean.",
  remediation: "Build on a newer base; install a scanner (grype or trivy) where the evidence is gathered.",
});

export const keepsBudgets = stackRule({
  name: "release-keeps-its-budgets",
  needs: EVIDENCE,
  level: "advisory",
  description: "The measured figures keep their budgets.",
  remediation: "Find what got slower; or change the budget in evidence/budgets.json, and say why.",
  checkStack: (estate) =>
    about(estate, ({ performance: done }) => {
      if ("status" in done) return [`it was not done (${done.why})`];
      return done.budgets
        .filter(({ value, limit }) => value > limit)
        .map(({ name, value, limit, unit }) => `${name}: found ${value} ${unit}; asked is at most ${limit}`);
    }),
});
