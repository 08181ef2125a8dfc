import { z } from "zod";
import { deploymentSilence } from "../components/monitoring/alerting/silence.ts";
import { PORTS } from "../components/monitoring/targets.ts";
import { addressIn, type Places } from "../settings/hosts.ts";
import { say } from "../toolchain/say.ts";
import type { Docker } from "./docker.ts";

/** Where account is kept of an estate's deployments. */
export interface Measured {
  /** Engine of the container that keeps it. */
  readonly docker: Docker;
  readonly estate: string;
  /** Name or address of Alertmanager, as that container finds it. */
  readonly alertmanager: string;
}

/** @param docker the engine of main */
export const measuredBy = (docker: Docker, settings: Places & { readonly name: string }): Measured => ({
  ...{ docker, estate: settings.name },
  // Docker knows names of containers on one host.
  alertmanager: settings.monitoring?.host === undefined ? `${settings.name}-alertmanager` : addressIn(settings, "alertmanager"),
});

/** Longest time that alerts below critical wait for a deployment, should its run die: usually they wait as long as it takes. */
const SILENCE_MINUTES = 15;

const Silenced = z.object({ silenceID: z.string() });

/** Note that it began and hold back what is not critical; answers with the silence. Without Alertmanager there is nobody to hush. */
const BEGIN = `
record-deployment started; noted=$?
curl -fsS --max-time 5 -H 'Content-Type: application/json' --data-binary @- "$1"; hushed=$?
[ $hushed != 6 ] || hushed=0
[ $noted = 0 ] || exit $noted
exit $hushed`;

/** Note how it ended, and end the silence. */
const END = `
record-deployment "$2" "$3"; noted=$?
[ -z "$4" ] || curl -fsS --max-time 5 -X DELETE "$1/$4" || exit $?
exit $noted`;

/**
 * Run a deployment: note its beginning and its end where alerts about deployments look, and hold back what is not critical while it is
 * under way. None of that makes a deployment fail or wait: an estate that is not measured, or whose monitoring does not answer, is
 * deployed all the same.
 *
 * @param deploy says whether the deployment was good
 */
export async function recordDeployment(measured: Measured, deploy: () => Promise<boolean>): Promise<boolean> {
  const began = new Date();
  const begun = begin(measured, began).catch(tell("beginning"));
  let good = false;
  try {
    good = await deploy();
    return good;
  } finally {
    await end(measured, { good, began, silence: await begun }).catch(tell("end"));
  }
}

const tell = (what: string) => (error: unknown) => {
  say(`monitoring was not told of the deployment's ${what}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  return undefined;
};

/** What docker says of a container that an estate does not have, or not at work: then it is not measured (yet). */
const ABSENT = /No such container|is not running|is restarting/;

/**
 * Run a script in the container that keeps account of the host. By its name, because the deployment may replace it meanwhile; one script
 * for everything, because a `docker exec` takes a tenth of a second of one core.
 * @returns what it printed; nothing when the container is not there
 */
async function inside({ docker, estate }: Measured, script: string, words: readonly string[], input = ""): Promise<string | undefined> {
  try {
    return await docker.run(["exec", "-i", `${estate}-node-metrics`, "sh", "-c", script, "sh", ...words], input);
  } catch (error) {
    if (error instanceof Error && ABSENT.test(error.message)) return undefined;
    throw error;
  }
}

const alertmanager = ({ alertmanager: host }: Measured, path: string): string => `http://${host}:${PORTS.alertmanager}/api/v2/${path}`;

/** @returns the id of the silence; nothing when there is nobody to be silenced */
async function begin(measured: Measured, startsAt: Date): Promise<string | undefined> {
  const silence = deploymentSilence({ estate: measured.estate, release: "of this run", startsAt, minutes: SILENCE_MINUTES, by: "sluice" });
  const answer = await inside(measured, BEGIN, [alertmanager(measured, "silences")], JSON.stringify(silence));
  return answer ? Silenced.parse(JSON.parse(answer)).silenceID : undefined;
}

interface Ended {
  readonly good: boolean;
  readonly began: Date;
  /** The deployment may have replaced Alertmanager; its silences are kept with its data. */
  readonly silence: string | undefined;
}

async function end(measured: Measured, { good, began, silence }: Ended): Promise<void> {
  const seconds = `${Math.floor(began.getTime() / 1000)}`;
  await inside(measured, END, [alertmanager(measured, "silence"), good ? "ok" : "failed", seconds, silence ?? ""]);
}
