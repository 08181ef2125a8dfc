import { z } from "zod";
import { decodeSettings } from "../../settings/decode.ts";
import { Problem } from "../../toolchain/problem.ts";
import { type Difference, differences, type Json } from "./differences.ts";
import { EngineEvent, type Metadata } from "./schema.ts";

/** What the engine would do, or has done, to a resource. */
export const OPS = ["create", "update", "replace", "delete", "import", "read", "refresh"] as const;
export type Op = (typeof OPS)[number];

export interface Change {
  readonly op: Op;
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** Components that it is part of, outermost first. */
  readonly within: readonly Component[];
  readonly differences: readonly Difference[];
  /** Inputs it had, and gets. */
  readonly before: Readonly<Record<string, Json>>;
  readonly after: Readonly<Record<string, Json>>;
  /** Whether the engine refused or failed it. */
  readonly failed: boolean;
}

export interface Component {
  readonly type: string;
  readonly name: string;
}

export interface Violation {
  readonly rule: string;
  readonly level: string;
  /** What holds, and why. */
  readonly description: string;
  /** What is wrong here, and what to change. */
  readonly message: string;
  /** Name of the resource it is about. */
  readonly resource: string;
}

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly message: string;
  /** Name of the resource it is about. */
  readonly resource: string;
}

/** A service's canary, as the settings say it. */
const weight = z.object({ active: z.enum(["blue", "green"]), canaryWeight: z.number() });
export type Weight = z.infer<typeof weight>;
export type Weights = Readonly<Record<string, Weight>>;

/** Names of the releases in a service's slots. */
const release = z.object({ release: z.string().optional() }).optional();
const releases = z.record(z.string(), z.object({ blue: release, green: release }));
export type Releases = Readonly<Record<string, { readonly blue?: string | undefined; readonly green?: string | undefined }>>;

/** What one run of the engine has told. */
export interface Run {
  readonly changes: readonly Change[];
  readonly unchanged: number;
  /** Absent where the stack had none, or the run did not come so far. */
  readonly weights: { readonly before?: Weights | undefined; readonly after?: Weights | undefined };
  readonly releases: Releases;
  /** Names of the rules that were asked. */
  readonly asked: readonly string[];
  readonly violations: readonly Violation[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whether it came to its end. */
  readonly complete: boolean;
  readonly seconds: number;
}

/**
 * Read the engine's event log.
 * @throws Problem when a line is none of its events
 */
export function readEvents(text: string): Run {
  const events = text.split("\n").flatMap((line, index) => (line.trim() === "" ? [] : [parsed(line, index + 1)]));
  const found = resourcesOf(events);
  const summary = events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent;
  const changes = changesOf(found);
  return {
    ...{ changes, unchanged: summary?.resourceChanges?.same ?? found.size - changes.length },
    ...{ weights: weightsOf(found), releases: releasesOf(events), asked: askedOf(events) },
    ...{ violations: violationsOf(events), diagnostics: diagnosticsOf(events) },
    ...{ complete: summary !== undefined, seconds: summary?.durationSeconds ?? 0 },
  };
}

function parsed(line: string, number: number): EngineEvent {
  try {
    return EngineEvent.parse(JSON.parse(line));
  } catch {
    throw new Problem(
      `Line ${number} is no event of the engine. Give the file that \`pulumi preview --event-log FILE\` writes (with PULUMI_DEBUG_COMMANDS=true).`,
    );
  }
}

/** Everything that was told of one resource. */
interface Told {
  /** Of a replacement there are several. */
  readonly ops: string[];
  readonly last: Metadata;
  readonly failed: boolean;
}

function resourcesOf(events: readonly EngineEvent[]): Map<string, Told> {
  const found = new Map<string, Told>();
  for (const { resourcePreEvent, resOutputsEvent, resOpFailedEvent } of events) {
    const event = resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent;
    if (event === undefined) continue;
    const { urn, op } = event.metadata;
    const told = found.get(urn);
    // What names the differences tells more than what only deletes the old one.
    const last = told && op === "delete-replaced" ? told.last : richer(event.metadata, told?.last);
    found.set(urn, { ops: [...(told?.ops ?? []), op], last, failed: told?.failed === true || resOpFailedEvent !== undefined });
  }
  return found;
}

function richer(now: Metadata, before: Metadata | undefined): Metadata {
  if (before === undefined) return now;
  const { detailedDiff, diffs } = now;
  return { ...now, old: now.old ?? before.old, detailedDiff: detailedDiff ?? before.detailedDiff, diffs: diffs ?? before.diffs };
}

const REPLACES = /replace/;

/** One of ours for what the engine says of one resource; undefined when it stays as it is. */
function opOf(ops: readonly string[]): Op | undefined {
  if (ops.some((op) => REPLACES.test(op))) return "replace";
  // A refresh is announced as one, and then says what came of it.
  const op = ops[0] === "refresh" ? ops.at(-1) : ops.find((one) => one !== "same");
  if (op === "read" || op === "discard" || op === "read-discard") return undefined;
  return OPS.find((one) => one === op);
}

function changesOf(found: ReadonlyMap<string, Told>): Change[] {
  const changes = [...found.values()].flatMap(({ ops, last, failed }): Change[] => {
    const op = opOf(ops);
    if (op === undefined || last.type === "pulumi:pulumi:Stack") return [];
    return [
      {
        ...{ op, urn: last.urn, type: last.type, name: nameOf(last.urn), within: withinOf(last, found), failed },
        ...{ differences: differences(last, op), before: last.old?.inputs ?? {}, after: (op === "delete" ? null : last.new?.inputs) ?? {} },
      },
    ];
  });
  // The engine works at several at once; what people read has the same order every time.
  return changes.sort((a, b) => placeOf(a).localeCompare(placeOf(b), "en", { numeric: true }));
}

const placeOf = ({ within, name, type }: Change): string => [...within.map((one) => one.name), name, type].join("\0");

export const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");

function withinOf({ new: now, old }: Metadata, found: ReadonlyMap<string, Told>): Component[] {
  const parent = (now ?? old)?.parent;
  if (!parent || parent.includes("pulumi:pulumi:Stack::")) return [];
  const above = found.get(parent);
  const type = parent.split("::")[2]?.split("$").at(-1) ?? "";
  return [...(above ? withinOf(above.last, found) : []), { type, name: nameOf(parent) }];
}

const stackOutputs = z.looseObject({ weights: z.record(z.string(), weight).optional() });

function weightsOf(found: ReadonlyMap<string, Told>): Run["weights"] {
  const stack = [...found.values()].find(({ last }) => last.type === "pulumi:pulumi:Stack")?.last;
  const of = (outputs: unknown): Weights | undefined => {
    const read = stackOutputs.safeParse(outputs ?? {});
    return read.success ? read.data.weights : undefined;
  };
  return { before: of(stack?.old?.outputs), after: of(stack?.new?.outputs) };
}

function releasesOf(events: readonly EngineEvent[]): Releases {
  const config = events.find(({ preludeEvent }) => preludeEvent)?.preludeEvent?.config ?? {};
  const read = releases.safeParse(decodeSettings(config).services ?? {});
  if (!read.success) return {};
  return Object.fromEntries(
    Object.entries(read.data).map(([name, { blue, green }]) => [name, { blue: blue?.release, green: green?.release }]),
  );
}

function askedOf(events: readonly EngineEvent[]): string[] {
  const names = events.flatMap(({ policyAnalyzeSummaryEvent: one, policyAnalyzeStackSummaryEvent: all }) => [
    ...(one?.passed ?? []),
    ...(one?.failed ?? []),
    ...(all?.passed ?? []),
    ...(all?.failed ?? []),
  ]);
  return [...new Set(names)].sort();
}

function violationsOf(events: readonly EngineEvent[]): Violation[] {
  const seen = new Map<string, Violation>();
  for (const { policyEvent } of events) {
    if (policyEvent === undefined) continue;
    const { policyName: rule, enforcementLevel: level, message, resourceUrn } = policyEvent;
    // The engine puts the rule's own description before what was found.
    const [description = "", ...rest] = message.trim().split("\n");
    const violation = { rule, level, description, message: rest.join("\n") || description, resource: nameOf(resourceUrn ?? "") };
    seen.set(JSON.stringify(violation), violation);
  }
  return [...seen.values()].sort(
    (a, b) => Number(b.level === "mandatory") - Number(a.level === "mandatory") || a.rule.localeCompare(b.rule, "en"),
  );
}

function diagnosticsOf(events: readonly EngineEvent[]): Diagnostic[] {
  return events.flatMap(({ diagnosticEvent }) => {
    const severity = diagnosticEvent?.severity;
    if (diagnosticEvent === undefined || (severity !== "error" && severity !== "warning")) return [];
    const message = diagnosticEvent.message.trim();
    return message === "" ? [] : [{ severity, message, resource: nameOf(diagnosticEvent.urn ?? "") }];
  });
}
