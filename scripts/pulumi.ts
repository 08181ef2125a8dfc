import { prepareImages } from "../images/prepare.ts";
import { ensureEngine } from "../toolchain/engine.ts";
import { runPulumi } from "../toolchain/pulumi.ts";
import { ensureState } from "../toolchain/state.ts";
import { main } from "./main.ts";

/** `npm run pulumi -- …`: the pinned engine with this project's state, passphrase and plugins; everything else is Pulumi's own. */
await main(async () => {
  const engine = await ensureEngine();
  const state = await ensureState(".sluice");
  await prepareImages();
  process.exitCode = await runPulumi({ ...engine, env: { ...engine.env, ...state.env } }, process.argv.slice(2), { stdio: "inherit" });
});
