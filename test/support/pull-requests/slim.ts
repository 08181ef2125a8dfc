import { segments } from "../../../pipeline/events/differences.ts";
import type { EngineEvent, Metadata } from "../../../pipeline/events/schema.ts";

const STACK = "pulumi:pulumi:Stack";

/**
 * An event log without what no reader here looks at: debug messages, the state of resources that stay as they are, and properties that neither
 * change nor tell whose resource it is. What is read of it stays the same; a test compares.
 */
export function slim(text: string): string {
  const rules = new Set<string>();
  const kept = text.split("\n").flatMap((line): object[] => {
    if (line.trim() === "") return [];
    const event = JSON.parse(line) as EngineEvent;
    const { diagnosticEvent, policyAnalyzeSummaryEvent: one, resourcePreEvent, resOutputsEvent } = event;
    if (diagnosticEvent && diagnosticEvent.severity === "debug") return [];
    if (one) {
      for (const rule of [...(one.passed ?? []), ...(one.failed ?? [])]) rules.add(rule);
      return [];
    }
    if ("policyRemediateSummaryEvent" in event || "policyLoadEvent" in event) return [];
    if (resourcePreEvent) return [{ resourcePreEvent: { metadata: slimmed(resourcePreEvent.metadata) } }];
    // Of what is planned, only the stack's outputs are news.
    if (resOutputsEvent)
      return resOutputsEvent.metadata.type === STACK ? [{ resOutputsEvent: { metadata: resOutputsEvent.metadata } }] : [];
    return [event];
  });
  return [...kept, { policyAnalyzeSummaryEvent: { passed: [...rules].sort() } }].map((event) => `${JSON.stringify(event)}\n`).join("");
}

function slimmed(metadata: Metadata): object {
  const { op, urn, type, old, new: now, diffs, detailedDiff } = metadata;
  if (type === STACK) return metadata;
  const keys =
    op === "create" || op === "delete"
      ? undefined
      : ["labels", ...Object.keys(detailedDiff ?? {}), ...(diffs ?? [])].map((path) => segments(path)[0]);
  const of = (state: Metadata["old"]) =>
    state && {
      ...{ urn, type },
      ...(state.parent && { parent: state.parent }),
      ...(op !== "same" && { inputs: only(state.inputs, keys) }),
    };
  return { op, urn, type, old: op === "same" ? undefined : of(old), new: of(now), diffs, detailedDiff };
}

function only(
  inputs: Record<string, unknown> | null | undefined,
  keys: readonly (string | undefined)[] | undefined,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(inputs ?? {}).filter(([key]) => keys === undefined || keys.includes(key)));
}
