import { type Document, isMap, isScalar, parseDocument, type YAMLMap } from "yaml";
import type { Percent, Slot } from "../../components/edge/share.ts";
import type { SlotContent } from "./saved.ts";

/** What stands in the stack file while a decision holds the service. */
export interface Frozen {
  readonly decision: string;
  readonly release: string;
  readonly slot: Slot;
}

/** A change of one service in a stack file. What is left out stays as it is. */
export interface StackEdit {
  readonly active?: Slot;
  readonly canaryWeight?: Percent;
  /** null: the key goes. */
  readonly frozen?: Frozen | null;
  /** null: the slot goes. */
  readonly slot?: { readonly name: Slot; readonly content: SlotContent | null };
}

const SERVICES = ["config", "sluice:services"];

/**
 * The text of a stack file with one service changed; comments, order and everything else stay. The same edit twice changes nothing more.
 * @throws Error when the file has no such service
 */
export function editStack(text: string, service: string, edit: StackEdit): string {
  const document = parseDocument(text);
  if (document.errors[0]) throw new Error(`the stack file cannot be read: ${document.errors[0].message}`);
  const path = [...SERVICES, service];
  openUp(document, SERVICES);
  if (!document.hasIn(path)) throw new Error(`the stack file has no service '${service}' under sluice:services`);
  openUp(document, path);
  const before = document.toString(style(text));

  for (const key of ["active", "canaryWeight"] as const) {
    if (edit[key] !== undefined && document.getIn([...path, key]) !== edit[key]) document.setIn([...path, key], edit[key]);
  }
  if (edit.frozen !== undefined) put(document, [...path, "frozen"], edit.frozen);
  if (edit.slot !== undefined) put(document, [...path, edit.slot.name], edit.slot.content);
  const after = document.toString(style(text));
  return after === before ? text : after;
}

/** What a slot is in the stack file; null when it is not there. */
export function slotContent(text: string, service: string, slot: Slot): SlotContent | null {
  const config = (parseDocument(text).toJS() as { config?: Record<string, unknown> } | null)?.config;
  const services = decoded(config?.["sluice:services"]) as Record<string, Record<string, unknown>> | undefined;
  const found = decoded(services?.[service]) as Record<string, unknown> | undefined;
  return (found?.[slot] as SlotContent | undefined) ?? null;
}

/**
 * What the canary's slot becomes: the new image, and whatever the active release has besides, so that the two differ in nothing else.
 * @param keep leave `env`, `files` and `replicas` as the canary's slot has them
 */
export function nextContent(
  stable: SlotContent | null,
  former: SlotContent | null,
  next: {
    readonly source: { readonly image: string } | { readonly build: string };
    readonly release: string;
    readonly env: object;
    readonly keep: boolean;
  },
): SlotContent {
  const { image: _, build: __, release: ___, env, ...rest } = (next.keep ? former : stable) ?? {};
  const merged = { ...(env as object | undefined), ...next.env };
  return { ...next.source, release: next.release, ...rest, ...(Object.keys(merged).length > 0 && { env: merged }) };
}

function put(document: Document, path: readonly string[], value: unknown): void {
  if (value === null) document.deleteIn(path);
  else if (JSON.stringify(asJs(document, path)) !== JSON.stringify(value)) {
    const old = document.getIn(path, true);
    const node = document.createNode(value);
    // A slot written on one line stays on one line.
    if (isMap(old) && isMap(node)) (node as YAMLMap).flow = (old as YAMLMap).flow ?? false;
    document.setIn(path, node);
  }
}

const asJs = (document: Document, path: readonly string[]): unknown => {
  const node = document.getIn(path, true);
  return isMap(node) ? node.toJS(document) : node;
};

/** `pulumi config set` without --path writes a structure as one text of JSON. */
function openUp(document: Document, path: readonly string[]): void {
  const node = document.getIn(path, true);
  if (isScalar(node) && typeof node.value === "string") document.setIn(path, document.createNode(decoded(node.value)));
}

function decoded(value: unknown): unknown {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** As the file is written: the way of the first one-line map, and no line is wrapped. */
const style = (text: string) => ({ lineWidth: 0, flowCollectionPadding: !/: [{[][^ }\]\n]/.test(text) });
