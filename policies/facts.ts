/** A value that a preview cannot know: it comes into being with the update. A rule must not take it for absent, nor for bad. */
export const UNKNOWN = Object.freeze({ knownAfterTheUpdate: true } as const);
export type Unknown = typeof UNKNOWN;

type Plain = string | number | boolean | null | undefined;

/** A resource's property as a rule sees it: every part of it may be unknown. */
export type Fact<T> = T extends Plain ? T | Unknown : T extends readonly (infer E)[] ? readonly Fact<E>[] | Unknown : Facts<T> | Unknown;

/** A resource's properties as a rule sees them. */
export type Facts<T> = { readonly [K in keyof T]?: Fact<T[K]> };

export const isKnown = <V>(value: V): value is Exclude<V, Unknown> => value !== UNKNOWN;

/** What is known and there. */
export const isGiven = <V>(value: V): value is Exclude<V, Unknown | null | undefined> =>
  value !== UNKNOWN && value !== undefined && value !== null;

/** The elements that are known; none where the list itself is not. */
export const knownOf = <T>(list: readonly (T | Unknown)[] | Unknown | null | undefined): readonly T[] =>
  isGiven(list) ? list.filter(isKnown) : [];

const known = new WeakMap<object, Readonly<Record<string, unknown>>>();

/**
 * Properties as the policy SDK hands them over. It throws at the touch of an unknown one, which would end a rule at its first question;
 * here the rest is still judged. The facts of one object are gathered once, for all rules.
 */
export function factsOf(props: object): Readonly<Record<string, unknown>> {
  const facts = known.get(props) ?? gather(props);
  known.set(props, facts);
  return facts;
}

function gather(props: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.keys(props).map((key) => [key, touch(() => (props as Record<string, unknown>)[key])]));
}

function touch(read: () => unknown): unknown {
  try {
    const value = read();
    if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => touch(() => value[index]));
    return value instanceof Object ? gather(value) : value;
  } catch (error) {
    // By shape: the SDK does not export the class from its main module.
    if (error instanceof Error && "unknownTypeSentinel" in error) return UNKNOWN;
    throw error;
  }
}
