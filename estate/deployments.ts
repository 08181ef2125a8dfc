import { z } from "zod";
import { deploymentSilence } from "../components/monitoring/alerting/silence.ts";
import { PORTS } from "../components/monitoring/targets.ts";
import { say } from "../toolchain/say.ts";
import type { Docker } from "./docker.ts";

/** Longest time that alerts below critical wait for a deployment, should its run die: usually they wait as long as it takes. */
const SILENCE_MINUTES = 15;

const SILENCES = `http://127.0.0.1:${PORTS.alertmanager}/api/v2/silences`;
const Silenced = z.object({ silenceID: z.string() });

/**
 * Run a deployment: note its beginning and its end where alerts about deployments look, and hold back what is not critical while it is
 * under way. None of that makes a deployment fail or wait: an estate that is not measured, or whose monitoring does not answer, is
 * deployed all the same.
 *
 * @param deploy says whether the deployment was good
 */
export async function recordDeployment(docker: Docker, estate: string, deploy: () => Promise<boolean>): Promise<boolean> {
  const began = new Date();
  // Each on its own: what one of them fails at must not keep the other from being ended.
  const noted = note(docker, estate, "started").catch(tell("beginning"));
  const hushed = hush(docker, estate, began).catch(tell("beginning"));
  let good = false;
  try {
    good = await deploy();
    return good;
  } finally {
    const [, endSilence] = await Promise.all([noted, hushed]);
    const seconds = `${Math.floor(began.getTime() / 1000)}`;
    await Promise.all([note(docker, estate, good ? "ok" : "failed", seconds).catch(tell("end")), endSilence?.().catch(tell("end"))]);
  }
}

const tell = (what: string) => (error: unknown) => {
  say(`monitoring was not told of the deployment's ${what}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  return undefined;
};

/** What docker says of a container that an estate does not have, or not at work: then it is not measured (yet). */
const ABSENT = /No such container|is not running|is restarting/;

/**
 * Run something in one of monitoring's own containers: by its name, because the deployment may replace it meanwhile, and because a look
 * for it first would cost as much again.
 * @returns what it printed; nothing when the container is not there
 */
async function inside(docker: Docker, container: string, words: readonly string[], input?: string): Promise<string | undefined> {
  try {
    return await docker.run(["exec", ...(input === undefined ? [] : ["-i"]), container, ...words], input);
  } catch (error) {
    if (error instanceof Error && ABSENT.test(error.message)) return undefined;
    throw error;
  }
}

async function note(docker: Docker, estate: string, ...words: readonly string[]): Promise<void> {
  await inside(docker, `${estate}-node-metrics`, ["record-deployment", ...words]);
}

/** Hold back what is not critical. @returns what ends the silence again; nothing when there is nobody to be silenced */
async function hush(docker: Docker, estate: string, startsAt: Date): Promise<(() => Promise<void>) | undefined> {
  const curl = (input: string | undefined, ...args: readonly string[]) =>
    inside(docker, `${estate}-alertmanager`, ["curl", "-fsS", "--max-time", "5", ...args], input);
  const silence = deploymentSilence({ estate, release: "of this run", startsAt, minutes: SILENCE_MINUTES, by: "sluice" });
  const answer = await curl(JSON.stringify(silence), "-H", "Content-Type: application/json", "--data-binary", "@-", SILENCES);
  if (answer === undefined) return undefined;
  const { silenceID } = Silenced.parse(JSON.parse(answer));
  // The deployment may have replaced Alertmanager; its silences are kept with its data.
  return async () => void (await curl(undefined, "-X", "DELETE", SILENCES.replace(/s$/, `/${silenceID}`)));
}
