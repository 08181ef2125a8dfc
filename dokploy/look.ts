import type { Found } from "./answers.ts";
import { findApplication, findPlace, readApplication } from "./find.ts";
import { connect, placeOf, secretsIn, wantedOf } from "./order.ts";
import { describeStep, estateOf, plan } from "./plan.ts";
import type { ApplicationOrder } from "./spec.ts";

/** An application as Dokploy has it, and what is to do so that it becomes what the order says. */
export interface Look {
  /** Absent: Dokploy has none of this name there. */
  readonly found?: Found;
  /** In words, without any value that may be secret; empty: it is as it should be. */
  readonly toDo: readonly string[];
  /** People made it, or another estate has it: `up` refuses to change it. */
  readonly foreign: boolean;
}

/** Look at an application; nothing is changed. @throws Problem, Refusal */
export async function look(order: ApplicationOrder): Promise<Look> {
  const wanted = wantedOf(order);
  const dokploy = connect(placeOf(order), secretsIn(order));
  const there = await findPlace(dokploy, order.place);
  const id = there && findApplication(there, order.application.name);
  if (id === undefined) return { toDo: plan(wanted, undefined).map(describeStep), foreign: false };
  const found = await readApplication(dokploy, id);
  return { found, toDo: plan(wanted, found).map(describeStep), foreign: estateOf(found.application) !== order.estate };
}
