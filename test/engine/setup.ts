import type { TestProject } from "vitest/node";
import { Project } from "../support/project.ts";

/**
 * One estate for the tests of this room that do not break it: brought up by the real `start`, ended by the real `stop --data`. A test
 * that leaves it in another shape puts it back.
 */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const project = await Project.make("shared");
  const started = await project.script("start");
  if (started.exitCode !== 0) {
    await project.remove();
    throw new Error(`the estate of the engine room did not start:\n${started.text}`);
  }
  console.log(`engine room: '${project.estate}' is up after ${started.seconds.toFixed(0)} s`);
  const { root, estate, port, monitoringPort, subnet } = project;
  provide("estate", { root, estate, port, monitoringPort, subnet });
  return async () => {
    const stopped = await project.remove();
    const left = await project.leftovers();
    if (stopped.exitCode !== 0 || left.length > 0)
      throw new Error(`npm stop -- --data left: ${left.join(", ") || "an error"}\n${stopped.text}`);
    console.log("engine room: nothing of its estate is left in Docker");
  };
}
