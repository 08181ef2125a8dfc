import { main } from "../scripts/main.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import { findPlace } from "./find.ts";
import { connect, readOrder } from "./order.ts";
import { placeOrder } from "./spec.ts";

/** Dokploy makes it with every project, and takes no other way. */
const WITH_EVERY_PROJECT = "production";

// Run by the engine: project and environment are made where they are missing. They are never removed: others may have put something there.
await main(async () => {
  const order = await readOrder(placeOrder);
  const { project, environment } = order.place;
  const dokploy = connect(order);
  let there = await findPlace(dokploy, order.place);
  if (there === undefined) {
    say(`Dokploy: make the project '${project}'`);
    await dokploy.make("project.create", { name: project });
    there = await findPlace(dokploy, order.place);
  }
  if (there !== undefined && there.environment === undefined && environment !== WITH_EVERY_PROJECT) {
    say(`Dokploy: make the environment '${environment}' in '${project}'`);
    await dokploy.make("environment.create", { projectId: there.projectId, name: environment });
    there = await findPlace(dokploy, order.place);
  }
  if (there?.environment === undefined)
    throw new Problem(`Dokploy has no environment '${environment}' in the project '${project}' that the API key's owner may see.`);
  console.log(JSON.stringify({ projectId: there.projectId, environmentId: there.environment.environmentId }));
});
