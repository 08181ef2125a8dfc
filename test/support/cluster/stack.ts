import { createHash } from "node:crypto";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { OwnStack } from "../own-stack.ts";
import type { Raw } from "../settings.ts";
import type { Api, Named, Thing } from "./api.ts";
import { ownEngine } from "./engine.ts";

/** A digest that looks like one: the stand-ins of the settings are refused by `up`. */
export const digest = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** Parts of prod that are not the cluster's. */
const ON_THE_HOST = ["host", "postgres", "redis", "monitoring", "rollout", "evidence"];

/** An object of the stack, as its state has it. */
export interface StackObject extends Named {
  readonly urn: string;
  /** As the plugin saw it last: when it counted as ready. */
  readonly metadata: Named["metadata"] & { readonly generation?: number };
  readonly status: Readonly<Record<string, number>>;
}

/**
 * Prod's cluster, as a checkout of its own: the real program, its settings without what runs on the Docker host, and images that look as if
 * they were there.
 */
export class ClusterStack extends OwnStack {
  /** @param kubeconfig what KUBECONFIG says: files, or nothing */
  static async make(kubeconfig: string): Promise<ClusterStack> {
    const root = await mkdtemp(join(tmpdir(), "sluice-cluster-stack-"));
    const stack = new ClusterStack(root, "prod", await ownEngine(root));
    await stack.open({ KUBECONFIG: kubeconfig }, async () => {
      const text = await readFile(stack.file, "utf8");
      await writeFile(
        stack.file,
        text.replace(/([\w./-]+)@sha256:0{64}/g, (_, image: string) => `${image}@${digest(image)}`),
      );
      await stack.configure((raw) => {
        for (const part of ON_THE_HOST) delete raw[part];
        for (const [name, { target }] of Object.entries(raw.services as Raw)) if (target !== "kubernetes") delete raw.services[name];
      });
    });
    return stack;
  }

  /** Change the settings; their names are without `sluice:`. */
  async configure(change: (raw: Raw) => void): Promise<void> {
    const content = parse(await readFile(this.file, "utf8")) as { config: Raw };
    const raw = Object.fromEntries(Object.entries(content.config).map(([key, value]) => [key.replace("sluice:", ""), value]));
    change(raw);
    const config = Object.fromEntries(Object.entries(raw).map(([key, value]) => [`sluice:${key}`, value]));
    await writeFile(this.file, stringify({ ...content, config }));
  }

  /** The Kubernetes objects in the state. */
  async objects(): Promise<StackObject[]> {
    type Kept = { urn: string; type: string; outputs: Pick<StackObject, "apiVersion" | "kind" | "metadata"> & Partial<StackObject> };
    const own = (await this.exported<Kept>()).filter(({ type }) => type.startsWith("kubernetes:"));
    return own.map(({ urn, outputs: { apiVersion, kind, metadata, status = {} } }) => ({ urn, apiVersion, kind, metadata, status }));
  }
}

/** What a person calls an object: `Deployment network/business`. */
export const label = ({ kind, metadata: { namespace, name } }: Named): string => `${kind} ${namespace ? `${namespace}/` : ""}${name}`;

/** How many there are of each kind. */
export function kinds(objects: readonly Named[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { kind } of objects) found[kind] = (found[kind] ?? 0) + 1;
  return found;
}

/** Each object as the API server has it, by its label; fails when one is missing. */
export async function fetchAll(api: Api, objects: readonly Named[]): Promise<Map<string, Thing>> {
  return new Map(await Promise.all(objects.map(async (one) => [label(one), await api.get(await api.pathOf(one))] as const)));
}

/** A count that the controller keeps at a Deployment. */
const REVISION = "deployment.kubernetes.io/revision";

/** Labels of objects that differ in more than what the server and its controllers note. */
export function changed(before: ReadonlyMap<string, Thing>, after: ReadonlyMap<string, Thing>): string[] {
  const asked = ({ status, metadata: { resourceVersion, generation, managedFields, annotations = {}, ...metadata }, ...rest }: Thing) => {
    const { [REVISION]: _, ...own } = annotations;
    return JSON.stringify({ ...rest, metadata, own });
  };
  return [...after].flatMap(([name, now]) => {
    const old = before.get(name);
    return old && asked(old) === asked(now) ? [] : [name];
  });
}

/**
 * The kubeconfig of a test cluster as prod's settings want it: with their context, and spread over two files as KUBECONFIG may name them.
 *
 * @returns what KUBECONFIG is set to
 */
export async function prodKubeconfig(file: string): Promise<string> {
  const { contexts, "current-context": _, ...rest } = parse(await readFile(file, "utf8")) as { contexts: { name: string }[] } & Raw;
  const [first, second] = [`${file}-users`, `${file}-contexts`];
  await writeFile(first, stringify(rest), { mode: 0o600 });
  const head = { apiVersion: "v1", kind: "Config" };
  await writeFile(second, stringify({ ...head, contexts: contexts.map((one) => ({ ...one, name: "prod-eu" })) }), { mode: 0o600 });
  return `${first}:${second}`;
}
