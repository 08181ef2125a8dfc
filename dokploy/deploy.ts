import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../toolchain/problem.ts";
import { step } from "../toolchain/say.ts";
import * as answers from "./answers.ts";
import { type Dokploy, Refusal } from "./client.ts";
import { fingerprint, hashText, isOf, newest, type Wanted } from "./plan.ts";
import { isOpen, passes } from "./words.ts";

/** Milliseconds between two looks: short at first, as most deployments of an image take seconds. */
const FIRST_LOOK = 300;
const LONGEST_BETWEEN = 5000;
/** How many lines of Dokploy's own log are shown of a deployment that failed. */
const LINES = 15;
/** Seconds in which a deployment shows up that may have been asked for. */
const SHOWS_UP = 10;

/** How a deployment is told of, to people in Dokploy and to the next run. */
const titleOf = (image: string): string => `Sluice: ${image}`;

/**
 * Have Dokploy deploy what an application is set to, and wait until that is over.
 *
 * @param application as Dokploy has it: its webhook's token is taken from it
 * @param mask takes secrets out of Dokploy's log
 * @throws Problem when it fails or takes too long; Refusal
 */
export async function deploy(
  dokploy: Dokploy,
  wanted: Wanted,
  application: answers.FoundApplication,
  mask: (text: string) => string,
): Promise<void> {
  const { applicationId } = application;
  const hash = fingerprint(wanted, application);
  const before = new Set((await dokploy.ask("deployment.all", { applicationId }, answers.deployments)).map((one) => one.deploymentId));
  const isNew = (one: answers.FoundDeployment): boolean => isOf(one, hash) && !before.has(one.deploymentId);
  try {
    await trigger(dokploy, wanted, application, hash);
  } catch (error) {
    // A request whose answer was lost may have been heard all the same.
    if (!(error instanceof Refusal && isOpen(error.failure)) || !(await showsUp(dokploy, applicationId, isNew))) throw error;
  }
  await awaitDeployment(dokploy, wanted, applicationId, isNew, mask);
}

/** Wait for the deployment of these very settings that is under way. */
export function awaitOwn(dokploy: Dokploy, wanted: Wanted, application: answers.FoundApplication, mask: (text: string) => string) {
  const hash = fingerprint(wanted, application);
  return awaitDeployment(dokploy, wanted, application.applicationId, (one) => isOf(one, hash), mask);
}

async function trigger(
  dokploy: Dokploy,
  { application: { image, name, deploy: way } }: Wanted,
  found: answers.FoundApplication,
  hash: string,
) {
  const { applicationId, refreshToken } = found;
  if (way === "api") return dokploy.make("application.deploy", { applicationId, title: titleOf(image), description: hashText(hash) });
  if (!refreshToken)
    throw new Problem(
      `The application '${name}' has no webhook in Dokploy: make one there (Deployments, Webhook URL), or set \`deploy: api\`.`,
    );
  // As GitHub tells of a new image: Dokploy then compares it with the image that it is about to deploy, and refuses another one.
  const body = { registry_package: { package_version: { package_url: image } }, head_commit: { id: hash, message: titleOf(image) } };
  return dokploy.knock(refreshToken, "registry_package", body);
}

async function showsUp(dokploy: Dokploy, applicationId: string, isIt: (one: answers.FoundDeployment) => boolean): Promise<boolean> {
  const end = Date.now() + SHOWS_UP * 1000;
  while (Date.now() < end) {
    const all = await dokploy.ask("deployment.all", { applicationId }, answers.deployments).catch(() => []);
    if (all.some(isIt)) return true;
    await sleep(FIRST_LOOK);
  }
  return false;
}

async function awaitDeployment(
  dokploy: Dokploy,
  { application: { name, image, deploySeconds } }: Wanted,
  applicationId: string,
  isIt: (one: answers.FoundDeployment) => boolean,
  mask: (text: string) => string,
): Promise<void> {
  const waiting = step(`${name}: Dokploy deploys ${image}`, `at most ${deploySeconds} s`);
  const end = Date.now() + deploySeconds * 1000;
  let pause = FIRST_LOOK;
  let last: answers.FoundDeployment | undefined;
  while (Date.now() < end) {
    last = newest((await look(dokploy, applicationId)).filter(isIt)) ?? last;
    if (last?.status === "done") return waiting.done();
    if (last !== undefined && last.status !== "running") {
      waiting.failed(last.status ?? "");
      throw new Problem(await failed(dokploy, name, last, mask));
    }
    await sleep(Math.min(pause, Math.max(0, end - Date.now())));
    pause = Math.min(pause * 1.5, LONGEST_BETWEEN);
  }
  waiting.failed(last === undefined ? "not begun" : "still running");
  const state = last === undefined ? "has not begun: others may be before it in Dokploy's queue" : "is still running";
  throw new Problem(
    `${name}: the deployment ${state} after ${deploySeconds} s. What ran before runs on, and Dokploy goes on with it by itself. Run this again: it waits for it. One that never ends is cancelled in Dokploy, on its page of deployments. ` +
      "`deploySeconds` gives it longer.",
  );
}

/** A deployment goes on when Dokploy is silent for a moment; only what will not pass ends the wait. */
async function look(dokploy: Dokploy, applicationId: string): Promise<answers.FoundDeployment[]> {
  try {
    return await dokploy.ask("deployment.all", { applicationId }, answers.deployments);
  } catch (error) {
    if (error instanceof Refusal && passes(error.failure)) return [];
    throw error;
  }
}

async function failed(
  dokploy: Dokploy,
  name: string,
  deployment: answers.FoundDeployment,
  mask: (text: string) => string,
): Promise<string> {
  const { deploymentId, errorMessage, status } = deployment;
  const log = await dokploy.ask("deployment.readLogs", { deploymentId, tail: `${LINES}` }, answers.logs).catch(() => "");
  const lines = mask(log)
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "")
    .slice(-LINES);
  const why = errorMessage ? [`  ${mask(errorMessage)}`] : [];
  const said =
    lines.length > 0
      ? ["Dokploy's log ends with:", ...lines.map((line) => `  ${line}`)]
      : ["Dokploy's page of the deployment has its log."];
  const ended = `${name}: the deployment ended as '${status}'. What ran before runs on. Put right what it says, and run this again.`;
  return [ended, ...why, ...said].join("\n");
}
