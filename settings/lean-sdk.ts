/**
 * Imported first by the program: takes work out of Pulumi's SDK that this program has no use for, about a third of the time of an `up`
 * that changes one weight (docs/performance.md has the measurements). Nothing is lost: what is left out is loaded when it is asked for.
 *
 * The SDK's inner modules may move with a new version; then the program runs as before, only slower, and
 * test/pure/lean-sdk.test.ts says so.
 */
import Module, { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** The full file name of one of the SDK's modules; absent when this SDK has none of that name. */
function locate(name: string): string | undefined {
  try {
    return require.resolve(`@pulumi/pulumi/${name}`);
  } catch {
    return undefined;
  }
}

/** The exports of one of the SDK's modules, to be changed in place: its other modules look them up at each call. */
function inner(name: string): Record<string, unknown> {
  const file = locate(name);
  return file === undefined ? {} : require(file);
}

/**
 * Put `stand-in` in the place of a module that nobody has loaded yet.
 * @param standIn makes its exports; `load` gives those of the real module
 */
function defer(name: string, standIn: (load: () => Record<string, unknown>) => object): void {
  const file = locate(name);
  if (file === undefined || require.cache[file]) return;
  const module = new Module(file);
  module.loaded = true;
  module.exports = standIn(() => {
    if (require.cache[file] === module) delete require.cache[file];
    return require(file);
  });
  require.cache[file] = module;
}

const functions =
  (...names: string[]) =>
  (load: () => Record<string, unknown>): object =>
    Object.fromEntries(names.map((name) => [name, (...args: unknown[]) => (load()[name] as (...args: unknown[]) => unknown)(...args)]));

// Turning functions into text, for dynamic providers: a TypeScript compiler and the code of npm itself.
defer("runtime/closure/serializeClosure", functions("serializeFunction", "serializeFunctionAsync"));
defer("runtime/closure/codePaths", functions("computeCodePaths"));
// Running Pulumi from a program; this one is run by it.
defer("automation", (load) => new Proxy({}, { get: (_, key) => key === "__esModule" || Reflect.get(load(), key) }));

// Pulumi's runner installs a source-map translator for stack traces. Node strips our types in place, so lines are right without.
Reflect.deleteProperty(Error, "prepareStackTrace");

// Each promise of the SDK carries a stack trace, to be printed if it should never settle; its label is printed as well and is enough.
const debuggable = inner("runtime/debuggable");
const { debuggablePromise } = debuggable;
if (typeof debuggablePromise === "function") {
  debuggable.debuggablePromise = (...args: unknown[]): unknown => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(...args);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

// Six debug messages per resource, sent to the engine one at a time, which shows them only with `--debug`.
const log = inner("log");
if (typeof log.debug === "function") log.debug = () => Promise.resolve();
