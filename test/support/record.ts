import * as pulumi from "@pulumi/pulumi";

/** One resource as the program registered it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  /** Name of the provider that was named for it; empty where none was. */
  readonly provider: string;
}

/** What the world says, where it matters to a test. */
export interface World {
  /** What a provider's function gives. @default what it was asked */
  readonly answer?: (token: string, inputs: Record<string, unknown>) => object;
  /** What a resource of that name has turned out to be. @default its inputs */
  readonly outputs?: (name: string) => object;
  /** @default false */
  readonly preview?: boolean;
}

/** `waitForRPCs` is there at run time in @pulumi/pulumi 3.270 but not in its types. */
const runtime = pulumi.runtime as typeof pulumi.runtime & { waitForRPCs(): Promise<void> };

/** How the SDK marks a secret on the wire. */
const [SIGNATURE, SECRET] = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"];

/** A secret comes out as `{ secret: value }`, so that a test sees both what it is and that the engine knows. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  const marked = value as Record<string, unknown>;
  if (marked[SIGNATURE] === SECRET) return { secret: plain(marked.value) };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/**
 * Run a piece of program against recorded mocks and give back everything it registered, drained.
 *
 * Mocks prove which resources are asked for, with which inputs. They say nothing about parents, hooks, or what a command does: the
 * engine room of the tests does.
 */
export async function record(
  build: () => void,
  { answer = (_, inputs) => inputs, outputs = () => ({}), preview = false }: World = {},
): Promise<Registered[]> {
  const seen: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs, provider = "" }) => {
        seen.push({ type, name, inputs: plain(inputs) as Record<string, unknown>, provider: provider.split("::")[3] ?? "" });
        const state = { ...inputs, imageId: `sha256:${name}`, stdout: `${inputs.stdin ?? name}`, ...outputs(name) };
        return { id: `${type}::${name}`, state };
      },
      call: ({ token, inputs }) => answer(token, inputs),
    },
    "project",
    "stack",
    preview,
  );
  build();
  await runtime.waitForRPCs();
  return seen;
}

/** The one resource of that name and type; a test fails in words when it is not there or twice. */
export function only(seen: readonly Registered[], type: string, name: string): Registered {
  const found = seen.filter((resource) => resource.type === type && resource.name === name);
  if (found.length !== 1)
    throw new Error(`expected one ${type} '${name}', found ${found.length} among: ${seen.map((r) => r.name).join(", ")}`);
  return found[0] as Registered;
}

/** Names by type, sorted: what a component makes, and how many. */
export const census = (seen: readonly Registered[]): string[] => seen.map(({ type, name }) => `${type} ${name}`).sort();
