import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { ensureEngine } from "../../../toolchain/engine.ts";
import { ensurePlugin, type OnDemand } from "../../../toolchain/on-demand.ts";
import type { RunnableEngine } from "../../../toolchain/pulumi.ts";
import { ensureState } from "../../../toolchain/state.ts";

/**
 * The real engine, with state of its own and a plugin that this checkout builds.
 *
 * @param root folder of the project
 */
export async function ownEngine(root: string, plugin: OnDemand = "kubernetes"): Promise<RunnableEngine> {
  const shared = await ensureEngine();
  // A home of its own: checkouts share an engine and its plugins, and the test is of the plugin of this one.
  const home = join(root, "home");
  const engine = { ...shared, env: { ...shared.env, PULUMI_HOME: home } };
  const others = join(shared.env.PULUMI_HOME ?? "", "plugins");
  for (const name of (await readdir(others)).filter((one) => one.includes("-v") && !/kubernetes|github|\.lock$/.test(one))) {
    // A link in place of the folder would not be seen.
    const folder = join(home, "plugins", name);
    await mkdir(folder, { recursive: true });
    for (const file of await readdir(join(others, name))) await symlink(join(others, name, file), join(folder, file));
  }
  await ensurePlugin(engine, plugin);
  const state = await ensureState(join(root, ".sluice"), {});
  return { pulumi: engine.pulumi, env: { ...engine.env, ...state.env, NO_COLOR: "1", CI: "true" } };
}
