import { runEngine } from "./engine-run.ts";
import { main } from "./main.ts";

/** `npm run pulumi -- …`: the pinned engine as it is; everything after the dashes is Pulumi's own. */
await main(async () => {
  process.exitCode = await runEngine(process.argv.slice(2));
});
