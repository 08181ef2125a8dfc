import { isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import { otherSlot, type Slot } from "../../components/edge/share.ts";
import { editStack, nextContent, slotContent } from "../../rollout/driver/stack-file.ts";
import { isStandIn } from "../../settings/image-reference.ts";
import { type Manifest, type Published, referenceFor } from "../images/manifest.ts";
import { commitTag } from "../images/tags.ts";

/** A service whose clients are to get another image, step by step. */
export interface Wanted {
  readonly service: string;
  readonly image: string;
  readonly release: string;
}

/** A stack file with a commit's images in it. */
export interface Pinned {
  /** The file: where nothing changed, the same text. */
  readonly text: string;
  /** What was put there, as in `edge: sha256:1234…`. */
  readonly changes: readonly string[];
  /** In the order of the file. */
  readonly rollouts: readonly Wanted[];
}

const SERVICES = "sluice:services";

/**
 * Put the images of a commit where a stack file names images of this project. What has clients is not touched: a service's image goes to its
 * slot without clients, and a rollout gives it clients.
 *
 * @returns the file; or everything that is in the way
 */
export function pin(text: string, manifest: Manifest): Pinned | { readonly problems: readonly string[] } {
  const byRole = new Map(manifest.images.map((image) => [image.role, image]));
  const document = parseDocument(text);
  const config = document.get("config");
  if (document.errors.length > 0 || !isMap(config)) return { problems: ["the stack file is no YAML with a config in it"] };
  const changes: string[] = [];
  for (const { key, value } of config.items) {
    if (!isScalar(key) || key.value === SERVICES) continue;
    for (const { path, published, scalar } of imagesBelow(value as Node | null, `${key.value}`, byRole)) {
      const reference = referenceFor(published, scalar.value);
      if (scalar.value === reference) continue;
      changes.push(`${path}: ${published.digest.slice(0, 19)}`);
      scalar.value = reference;
      if (scalar.comment?.trim() === "stand-in") delete scalar.comment;
    }
  }
  const platform = changes.length === 0 ? text : document.toString({ lineWidth: 0, flowCollectionPadding: !/: [{[][^ }\]\n]/.test(text) });
  return services(platform, changes, byRole, commitTag(manifest.commit));
}

/** Role of an image of this project, by the end of its repository's name. */
const roleOf = (reference: unknown): string | undefined =>
  typeof reference === "string" ? /\/sluice-([a-z][a-z0-9-]*)(?:[:@].*)?$/.exec(reference)?.[1] : undefined;

interface Found {
  readonly path: string;
  readonly published: Published;
  readonly scalar: { value: string; comment?: string | null };
}

/** Every `image:` below a setting that is one of the published ones. */
function imagesBelow(node: Node | null | undefined, path: string, byRole: ReadonlyMap<string, Published>): Found[] {
  if (isSeq(node)) return node.items.flatMap((item, index) => imagesBelow(item as Node, `${path}.${index}`, byRole));
  if (!isMap(node)) return [];
  return node.items.flatMap(({ key, value }) => {
    const at = `${path}.${isScalar(key) ? key.value : "?"}`;
    if (!isScalar(value) || typeof value.value !== "string") return imagesBelow(value as Node | null, at, byRole);
    const published = isScalar(key) && key.value === "image" ? byRole.get(roleOf(value.value) ?? "") : undefined;
    return published === undefined ? [] : [{ path, published, scalar: value as Found["scalar"] }];
  });
}

function services(
  before: string,
  changes: readonly string[],
  byRole: ReadonlyMap<string, Published>,
  release: string,
): Pinned | { readonly problems: readonly string[] } {
  const declared = (parseDocument(before).toJS() as { config: Record<string, unknown> }).config[SERVICES];
  const problems: string[] = [];
  const rollouts: Wanted[] = [];
  const slots: string[] = [];
  let text = before;
  for (const [service, settings] of Object.entries(
    (declared ?? {}) as Record<string, { active?: Slot; canaryWeight?: number; frozen?: unknown }>,
  )) {
    const active = settings.active ?? "blue";
    const idle = otherSlot(active);
    const [running, standby] = [slotContent(text, service, active), slotContent(text, service, idle)];
    const published = byRole.get(roleOf(running?.image) ?? "");
    if (running === null || published === undefined || typeof running.image !== "string") continue;
    const image = referenceFor(published, running.image);
    if (isStandIn(running.image)) {
      // Nothing has run here yet, so there is nobody to take clients from.
      for (const [name, content] of [
        [active, running],
        [idle, standby],
      ] as const)
        if (content !== null) text = editStack(text, service, { slot: { name, content: { ...content, image, release } } });
      slots.push(`${service}: ${published.digest.slice(0, 19)} (first release)`);
    } else if (running.image !== image) {
      if (settings.frozen !== undefined)
        problems.push(`${service} is frozen: npm run rollout -- status says by which decision; acknowledge it`);
      else if ((settings.canaryWeight ?? 0) > 0)
        problems.push(`${service} has a canary at ${settings.canaryWeight} %: end that first (npm run rollout -- status)`);
      else {
        const content = nextContent(running, standby, { source: { image }, release, env: {}, keep: false });
        text = editStack(text, service, { slot: { name: idle, content } });
        rollouts.push({ service, image, release });
        slots.push(`${service}.${idle}: ${published.digest.slice(0, 19)}`);
      }
    }
  }
  return problems.length > 0 ? { problems } : { text, changes: [...changes, ...slots], rollouts };
}
