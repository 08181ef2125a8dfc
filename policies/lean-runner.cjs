// Loaded into the process that runs the pack, before anything else (estate/policy.ts): the engine's runner gets a TypeScript compiler ready that
// a pack without a compile step does not need. Half of what a pack costs; docs/performance.md has the measurement.
const { registerHooks } = require("node:module");

const COMPILER = /[\\/](?:typescript(?:@[^\\/]+)?[\\/](?:lib[\\/])?typescript|ts-node(?:@[^\\/]+)?[\\/](?:dist[\\/])?index)\.js$/;

// In the program's own process it does nothing.
if (process.argv[1]?.includes("run-policy-pack") && typeof registerHooks === "function") {
  registerHooks({
    load(url, context, nextLoad) {
      if (!COMPILER.test(url)) return nextLoad(url, context);
      return { format: "commonjs", source: 'module.exports = { version: "6.0.0", register() {} };', shortCircuit: true };
    },
  });
}
