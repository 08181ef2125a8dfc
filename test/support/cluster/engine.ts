import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { ensureEngine } from "../../../toolchain/engine.ts";
import { ensurePlugin } from "../../../toolchain/on-demand.ts";
import type { RunnableEngine } from "../../../toolchain/pulumi.ts";
import { ensureState } from "../../../toolchain/state.ts";

/**
 * The real engine, with state of its own and the Kubernetes plugin that this checkout builds.
 *
 * @param root folder of the project
 */
export async function ownEngine(root: string): Promise<RunnableEngine> {
  const shared = await ensureEngine();
  // A home of its own: checkouts share an engine and its plugins, and the test is of the plugin of this one.
  const home = join(root, "home");
  const engine = { ...shared, env: { ...shared.env, PULUMI_HOME: home } };
  const others = join(shared.env.PULUMI_HOME ?? "", "plugins");
  for (const plugin of (await readdir(others)).filter((name) => name.includes("-v") && !/kubernetes|\.lock$/.test(name))) {
    // A link in place of the folder would not be seen.
    const folder = join(home, "plugins", plugin);
    await mkdir(folder, { recursive: true });
    for (const file of await readdir(join(others, plugin))) await symlink(join(others, plugin, file), join(folder, file));
  }
  await ensurePlugin(engine, "kubernetes");
  const state = await ensureState(join(root, ".sluice"), {});
  return { pulumi: engine.pulumi, env: { ...engine.env, ...state.env, NO_COLOR: "1", CI: "true" } };
}
