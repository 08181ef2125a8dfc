import { maskOf } from "../pipeline/mask.ts";
import { Problem } from "../toolchain/problem.ts";
import { say } from "../toolchain/say.ts";
import type { Found } from "./answers.ts";
import { type Dokploy, Refusal } from "./client.ts";
import { awaitOwn, deploy } from "./deploy.ts";
import { findApplication, findPlace, readApplication } from "./find.ts";
import { connect, placeOf, secretsIn, wantedOf } from "./order.ts";
import { describeStep, domainBody, estateOf, marked, plan, type Step, settingsOf, type Wanted } from "./plan.ts";
import { type ApplicationOrder, addressOf, type Done } from "./spec.ts";
import { isOpen } from "./words.ts";

/**
 * Make an application what the order says: only what differs is changed, so a run that was killed is simply run again.
 *
 * @param own id of the application that an earlier run made or took; absent: no run knows of one
 * @throws Problem in words when something is in the way; what ran before runs on
 */
export async function apply(order: ApplicationOrder, own: string | undefined): Promise<Done> {
  const wanted = wantedOf(order);
  const dokploy = connect(placeOf(order), secretsIn(order));
  const found = await present(dokploy, order);
  refuseForeign(found, order, own);
  const steps = plan(wanted, found);
  if (steps.length === 0) say(`${wanted.application.name}: Dokploy has it as it should be`);
  // The webhook's token comes with the application: nothing that Dokploy says may show it.
  const mask = maskOf([order.key, ...secretsIn(order), found.application.refreshToken ?? ""]);
  for (const step of steps) {
    say(`${wanted.application.name}: ${describeStep(step)}`);
    await perform(dokploy, wanted, found, step, mask);
  }
  const [first] = order.application.domains;
  return { applicationId: found.application.applicationId, image: order.application.image, ...(first && { url: addressOf(first) }) };
}

/** The application as Dokploy has it; made where it is missing. */
async function present(dokploy: Dokploy, { place, application: { name }, estate }: ApplicationOrder): Promise<Found> {
  const there = await findPlace(dokploy, place);
  if (there?.environment === undefined)
    throw new Problem(
      `Dokploy has no environment '${place.environment}' in a project '${place.project}'. Run \`npm run up\` again: it makes it.`,
    );
  const known = findApplication(there, name);
  if (known !== undefined) return readApplication(dokploy, known);
  say(`${name}: ${describeStep({ do: "create" })}`);
  try {
    const { environmentId } = there.environment;
    await dokploy.make("application.create", { name, environmentId, description: marked("", estate), sourceType: "docker" });
  } catch (error) {
    // It may be there all the same: another run was quicker, or the answer was lost.
    if (!(error instanceof Refusal && ("status" in error.failure ? error.failure.status === 409 || isOpen(error.failure) : true)))
      throw error;
    const made = await findPlace(dokploy, place);
    if (made === undefined || findApplication(made, name) === undefined) throw error;
  }
  const after = await findPlace(dokploy, place);
  const made = after && findApplication(after, name);
  if (made === undefined) throw new Problem(`Dokploy took the application '${name}' and does not show it: may the API key's owner see it?`);
  return readApplication(dokploy, made);
}

/** What people made is not taken over without a word. */
function refuseForeign({ application }: Found, { application: { name }, estate }: ApplicationOrder, own: string | undefined): void {
  const holder = estateOf(application);
  if (holder === estate || application.applicationId === own) return;
  throw new Problem(
    holder === undefined
      ? `Dokploy has an application '${name}' that this stack did not make. Look at what would change, and hand it over: npm run dokploy -- adopt ${name}`
      : `The application '${name}' is a part of the estate '${holder}': two stacks must not change the same one. Name another one, or remove it there first.`,
  );
}

async function perform(dokploy: Dokploy, wanted: Wanted, found: Found, step: Step, mask: (text: string) => string): Promise<void> {
  const { application } = found;
  const { applicationId } = application;
  const { registry } = wanted;
  switch (step.do) {
    case "create":
      return;
    case "image": {
      const {
        server = application.registryUrl ?? null,
        user = application.username ?? null,
        password = application.password ?? null,
      } = registry ?? {};
      return dokploy.set("application.saveDockerProvider", {
        applicationId,
        dockerImage: step.to,
        username: user,
        password,
        registryUrl: server,
      });
    }
    case "environment": {
      const { buildArgs = null, buildSecrets = null, createEnvFile } = application;
      const theirs = { buildArgs, buildSecrets, createEnvFile: createEnvFile ?? true };
      return dokploy.set("application.saveEnvironment", { applicationId, env: wanted.environment, ...theirs });
    }
    case "settings":
      return dokploy.set("application.update", { applicationId, ...step.changes });
    case "deploy":
      return deploy(dokploy, wanted, application, mask);
    case "wait":
      return awaitOwn(dokploy, wanted, application, mask);
    case "add domain":
      return dokploy.make("domain.create", { ...domainBody(step.domain), applicationId, domainType: "application" });
    case "change domain":
      return dokploy.set("domain.update", { ...domainBody(step.domain), domainId: step.domainId, enabled: true });
    case "remove domain":
      return dokploy.make("domain.delete", { domainId: step.domainId });
  }
}

/**
 * Hand an application that people made to the order's estate. Nothing else of it is changed.
 * @returns what the next `up` changes of it
 */
export async function adopt(order: ApplicationOrder): Promise<readonly string[]> {
  const dokploy = connect(placeOf(order), secretsIn(order));
  const { name } = order.application;
  const there = await findPlace(dokploy, order.place);
  const id = there && findApplication(there, name);
  if (id === undefined)
    throw new Problem(
      `Dokploy has no application '${name}' in '${order.place.project}', '${order.place.environment}': \`npm run up\` makes one.`,
    );
  const found = await readApplication(dokploy, id);
  const holder = estateOf(found.application);
  if (holder !== undefined && holder !== order.estate) refuseForeign(found, order, undefined);
  const { description } = settingsOf(wantedOf(order), found.application.description ?? "");
  const others = plan(wantedOf(order), { ...found, application: { ...found.application, description: String(description) } });
  if (holder === undefined) await dokploy.set("application.update", { applicationId: id, description });
  return others.map(describeStep);
}

/**
 * Remove an application. One that is gone is well; one that is not this estate's is left alone.
 * @param own its id, when an earlier run said it
 * @throws Problem when something would be lost that no `up` brings back
 */
export async function remove(order: ApplicationOrder, own: string | undefined): Promise<void> {
  const { place, application, estate, protect } = order;
  const { name } = application;
  const dokploy = connect(placeOf(order), secretsIn(order));
  const there = (await findPlace(dokploy, place))?.environment?.applications ?? [];
  const id =
    there.find((one) => one.applicationId === own)?.applicationId ??
    (own === undefined ? there.find((one) => one.name === name)?.applicationId : undefined);
  if (id === undefined) return say(`${name}: Dokploy does not have it any more`);
  const found = await readApplication(dokploy, id);
  const holder = estateOf(found.application);
  if (holder !== estate && !(holder === undefined && id === own)) return say(`${name}: it is not this estate's (any more), and stays`);
  const { length: mounts } = found.application.mounts;
  if (protect && mounts > 0)
    throw new Problem(
      `The application '${name}' has ${mounts} mount${mounts === 1 ? "" : "s"} that somebody made in Dokploy, and that no \`up\` brings back. ` +
        "Remove them there, or say `sluice:protectData: false`, `npm run up`, and do this again.",
    );
  say(`${name}: remove the application and its domains`);
  try {
    await dokploy.make("application.delete", { applicationId: id });
  } catch (error) {
    const gone = (await findPlace(dokploy, place))?.environment?.applications.every((one) => one.applicationId !== id) ?? true;
    if (!gone) throw error;
  }
}
