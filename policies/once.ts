import { createRequire } from "node:module";

/**
 * Unpacks each resource once. The policy SDK does it again for every rule that looks at it, which is twenty times for a container, and once
 * more to mend it: the largest part of what a pack costs (docs/performance.md has the measurement). Its two functions give for the same object
 * what depends on nothing else, and no rule writes to what it is given. Where a later SDK is built in another way, it does as it did before,
 * only slower; test/policies/once.test.ts says so.
 */
export function unpackOnce(): void {
  const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/policy"));
  remember(require("./deserialize"), "deserializeProperties");
  remember(require("./proxy"), "unknownCheckingProxy");
  sayOnlyWhatIsWrong(require("./protoutil"));
}

/** For each resource the SDK lists the rules that are about others, nearly fifty of them; nobody reads it. */
export function sayOnlyWhatIsWrong(module: Record<string, unknown>): void {
  const respond = module.makeAnalyzeResponse as ((wrong: unknown, notApplicable?: unknown) => unknown) | undefined;
  if (typeof respond === "function") module.makeAnalyzeResponse = (wrong: unknown) => respond(wrong);
}

type Unpacking = (given: object, toMend?: boolean) => object;

/**
 * Replaces a module's function by one that answers the same question once.
 * @throws nothing: without such a function, nothing is replaced
 */
export function remember(module: Record<string, unknown>, name: string): void {
  const ask = module[name] as Unpacking | undefined;
  if (typeof ask !== "function") return;
  const known = new WeakMap<object, object>();
  const answer: Unpacking = (given, toMend) => {
    // Asked for by the rules that mend resources; this pack has none, so nobody looks at it.
    if (toMend) return {};
    const before = known.get(given) ?? ask(given, toMend);
    known.set(given, before);
    return before;
  };
  module[name] = answer;
}
