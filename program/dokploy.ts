import * as pulumi from "@pulumi/pulumi";
import { DokployApplication, DokployPlace } from "../components/dokploy/index.ts";
import { orderIn, placeIn, secretNames, specIn } from "../dokploy/from-settings.ts";
import { look } from "../dokploy/look.ts";
import type { DokploySettings, RunFacts, Settings } from "../settings/index.ts";

/**
 * Applications that a Dokploy runs. Loaded only where the settings have one.
 *
 * Dokploy is looked at first, in every run: what somebody changed there by hand is seen in a preview, and put right by an `up`.
 *
 * @returns image and address of each, by name
 */
export async function declareDokploy(
  own: DokploySettings,
  { name: estate, protectData: protect, secrets }: Settings,
  { preview }: RunFacts,
) {
  const place = placeIn(own);
  const key = secretOf(secrets, own.keySecret);
  const there = new DokployPlace("dokploy", { place, key });
  const { registry } = own;
  const declared = await Promise.all(
    own.applications.map(async (application) => {
      const values = await plain(secrets, secretNames(own, application));
      const toDo = await whatToDo(() => look(orderIn(own, application, { estate, protect }, values)), application.name, preview);
      const made = new DokployApplication(
        application.name,
        {
          ...{ place, key, estate, protect, spec: specIn(application) },
          ...{ env: application.env, secrets: application.secrets, values: secrets, toDo },
          ...(registry && { registry: { ...registry, password: secretOf(secrets, registry.passwordSecret) } }),
        },
        { dependsOn: [there] },
      );
      return [application.name, { image: made.image, url: made.url }] as const;
    }),
  );
  return Object.fromEntries(declared);
}

/** What differs, in words, with the time: to find the same thing again is to put it right again. Nothing where nothing differs. */
async function whatToDo(ask: () => ReturnType<typeof look>, name: string, preview: boolean): Promise<string | undefined> {
  const now = new Date().toISOString();
  try {
    const { toDo, foreign, found } = await ask();
    if (foreign && found)
      void pulumi.log.warn(
        `${name}: Dokploy has an application of this name that is not this stack's. Hand it over: npm run dokploy -- adopt ${name}`,
      );
    // The engine cuts long values short; a preview is to be read.
    if (preview) for (const step of toDo) void pulumi.log.info(`${name}: ${step}`);
    return toDo.length === 0 ? undefined : `${now}: ${toDo.join("; ")}`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (!preview) return `${now}: look again, Dokploy could not be asked`; // the command asks again, and fails in words of its own
    void pulumi.log.warn(`${name}: what Dokploy has is not known. ${why}`);
    return undefined;
  }
}

function secretOf(secrets: Settings["secrets"], name: string): pulumi.Output<string> {
  const secret = secrets[name];
  if (secret === undefined) throw new Error(`secret ${name} passed the rules, but is not there`);
  return secret;
}

/** Values of secrets of the settings, in memory: they are known in every run, previews too. */
async function plain(secrets: Settings["secrets"], names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const known = names.map(
    (name) => new Promise<readonly [string, string]>((resolve) => secretOf(secrets, name).apply((value) => resolve([name, value]))),
  );
  return Object.fromEntries(await Promise.all(known));
}
