import { createHash } from "node:crypto";
import { z } from "zod";

/** What the engine writes where a value is known only after an update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
/** Marks a value of a special kind in a state; with a secret, `plaintext` is the value as JSON. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Properties = { [key: string]: Json };
const properties = z.record(z.string(), z.json());

/** A resource as a state has it; fields that are not looked at pass through. */
const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().default(false),
  id: z.string().optional(),
  inputs: properties.optional(),
  outputs: properties.optional(),
  provider: z.string().optional(),
});
export type Resource = z.infer<typeof resource>;

const digest = z.object({
  steps: z.array(z.object({ op: z.string(), urn: z.string(), newState: resource.optional(), provider: z.string().optional() })).default([]),
});

/** One line of the engine's event log, of which only this is needed. */
const outputsEvent = z.object({
  resOutputsEvent: z.object({
    metadata: z.object({
      urn: z.string(),
      new: z.object({ id: z.string().optional(), outputs: properties.nullish() }).nullish(),
    }),
  }),
});

/** The engine's own plan, of which only the inputs that change are needed: its secrets are encrypted, not hidden. */
const saved = z.object({
  resourcePlans: z.record(
    z.string(),
    z.looseObject({
      goal: z.looseObject({ inputDiff: z.object({ adds: properties.optional(), updates: properties.optional() }).optional() }).nullish(),
    }),
  ),
});

/** What a preview plans: resources with their inputs, and what is known of their outputs. */
export interface Plan {
  readonly resources: readonly Resource[];
  /** Inputs that change, by the resource, with secrets that only the stack can read. */
  readonly changed: ReadonlyMap<string, Properties>;
  /** Whether the stack would be left as it is. */
  readonly same: boolean;
}

/**
 * @param json what `pulumi preview --json` writes: the inputs, with secrets hidden
 * @param events the event log of the same run: the outputs
 * @param plan what `--save-plan` of the same run writes: the secrets
 */
export function readPlan(json: string, events: string, plan: string): Plan {
  const { steps } = digest.parse(JSON.parse(json));
  const made = new Map<string, { id?: string | undefined; outputs: Properties }>();
  for (const line of events.split("\n")) {
    if (!line.includes('"resOutputsEvent"')) continue;
    const { urn, new: state } = outputsEvent.parse(JSON.parse(line)).resOutputsEvent.metadata;
    if (state) made.set(urn, { id: state.id, outputs: state.outputs ?? {} });
  }
  const resources = steps.flatMap(({ newState, provider, op }) => {
    if (newState === undefined || op === "delete") return [];
    const { sourcePosition: _, stackTrace: __, ...own } = newState as Resource & { sourcePosition?: unknown; stackTrace?: unknown };
    const { id, outputs } = made.get(own.urn) ?? { outputs: {} };
    return [{ ...own, ...(id && { id }), outputs, ...((own.provider ?? provider) && { provider: own.provider ?? provider }) } as Resource];
  });
  const plans = Object.entries(saved.parse(JSON.parse(plan)).resourcePlans);
  const changed = new Map(plans.map(([urn, { goal }]) => [urn, { ...goal?.inputDiff?.adds, ...goal?.inputDiff?.updates }]));
  return { resources, changed, same: steps.every(({ op }) => op === "same") };
}

/**
 * The resources of a plan as though an update had made them: what only the update would have told is made up, the same every time.
 *
 * A plan in which others read such a value changes once more when it is previewed against this state; then this is called again with what it gave
 * before, until the plan and the state agree.
 *
 * @param before what an earlier call gave: its order, its ids and what it made up stay
 */
export function asMade({ resources, changed }: Plan, before: readonly Resource[] = []): Resource[] {
  const known = new Map(before.map((one) => [one.urn, one]));
  for (const one of resources) {
    for (const provider of defaultProviderOf(one)) if (!known.has(provider.urn)) known.set(provider.urn, provider);
    known.set(one.urn, merged(one, known.get(one.urn), changed.get(one.urn)));
  }
  return [...known.values()];
}

function merged(planned: Resource, before: Resource | undefined, changed: Properties | undefined): Resource {
  const { urn, custom, inputs = {}, outputs = {} } = planned;
  const provider = planned.provider && { provider: referenced(planned.provider) };
  const told = made(outputs, urn, "outputs") as Properties;
  if (!custom) return { ...planned, ...provider, outputs: { ...before?.outputs, ...told } };
  const id = before?.id ?? (planned.id && planned.id !== UNKNOWN ? planned.id : madeUp(urn));
  return {
    ...{ ...planned, ...provider, id, inputs: made(sealed(inputs, changed, before?.inputs), urn, "inputs") as Properties },
    outputs: { ...before?.outputs, ...told, ...("id" in told && { id }) },
  };
}

/** What the engine writes in place of a secret. */
const HIDDEN = "[secret]";

/** A value with its secrets, encrypted, from the first of two others that has one at the same place. */
function sealed(value: Json, changed: Json | undefined, before: Json | undefined): Json {
  if (value === HIDDEN) return [changed, before].find((one) => one !== undefined) ?? value;
  if (Array.isArray(value)) return value.map((one, index) => sealed(one, at(changed, index), at(before, index)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sealed(inner, at(changed, key), at(before, key))]));
}

function at(value: Json | undefined, key: string | number): Json | undefined {
  return typeof value === "object" && value !== null ? (value as { [key: string | number]: Json })[key] : undefined;
}

/** The engine declares a provider that nobody named by itself, and shows it in no plan. */
function defaultProviderOf({ provider }: Resource): Resource[] {
  const urn = provider?.slice(0, provider.lastIndexOf("::"));
  const [, version] = /::default_(\d+_\d+_\d+[^:]*)$/.exec(urn ?? "") ?? [];
  if (urn === undefined || version === undefined) return [];
  const own = { version: version.replaceAll("_", ".") };
  return [{ urn, type: urn.split("::")[2] ?? "", custom: true, id: madeUp(urn), inputs: own, outputs: own }];
}

/** `urn::id` of a provider, which has no id before it is made. */
function referenced(provider: string): string {
  const cut = provider.lastIndexOf("::");
  return provider.slice(cut + 2) === UNKNOWN ? `${provider.slice(0, cut)}::${madeUp(provider.slice(0, cut))}` : provider;
}

/** Outputs that other resources read are texts with such names; a plugin takes no text where it expects a list, so the rest is left out. */
const TEXT = /(?:id|digest|name|stdout|stderr|url|arn|address)$/i;

function made(value: Json, urn: string, path: string): Json | undefined {
  if (value === UNKNOWN) return TEXT.test(path) ? madeUp(`${urn} ${path}`) : undefined;
  if (Array.isArray(value)) return value.flatMap((one, index) => made(one, urn, `${path}.${index}`) ?? []);
  if (typeof value !== "object" || value === null) return value;
  if (SIGNATURE in value) {
    // In an event log a secret is hidden; what it was is made up as well: no secret of a real stack is here.
    if (value.ciphertext !== HIDDEN) return value;
    return { [SIGNATURE]: value[SIGNATURE] ?? "", plaintext: JSON.stringify(madeUp(`${urn} ${path}`)) };
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const own = made(inner, urn, `${path}.${key}`);
      return own === undefined ? [] : [[key, own]];
    }),
  );
}

/** 32 hexadecimal digits, as Docker and others name things. */
const madeUp = (of: string): string => createHash("sha256").update(of).digest("hex").slice(0, 32);
