import type { DokployApplicationSettings, DokploySettings } from "../settings/complete-dokploy.ts";
import type { ApplicationOrder, ApplicationSpec, PlaceSpec } from "./spec.ts";

/** Where the applications are, without what the settings say besides. */
export const placeIn = ({ url, project, environment, answerSeconds }: DokploySettings): PlaceSpec => ({
  ...{ url, project, environment, answerSeconds },
});

/** What Dokploy is told of an application, without its variables. */
export const specIn = ({ env: _, secrets: __, ...spec }: DokployApplicationSettings): ApplicationSpec => spec;

/** Names in `sluice:secrets` that an application needs, its API key's and its registry's with it. */
export const secretNames = ({ keySecret, registry }: DokploySettings, { secrets }: DokployApplicationSettings): readonly string[] => [
  ...new Set([keySecret, ...(registry ? [registry.passwordSecret] : []), ...Object.values(secrets)]),
];

/** The order of one application. @param values secrets by name, in the clear */
export function orderIn(
  settings: DokploySettings,
  application: DokployApplicationSettings,
  { estate, protect }: Pick<ApplicationOrder, "estate" | "protect">,
  values: Readonly<Record<string, string>>,
): ApplicationOrder {
  const { keySecret, registry } = settings;
  const secret = (name: string): string => values[name] ?? "";
  const hidden = Object.keys(application.secrets).sort();
  return {
    ...{ place: placeIn(settings), key: secret(keySecret), estate, protect, application: specIn(application), hidden },
    env: { ...application.env, ...Object.fromEntries(hidden.map((variable) => [variable, secret(application.secrets[variable] ?? "")])) },
    ...(registry && { registry: { server: registry.server, user: registry.user, password: secret(registry.passwordSecret) } }),
  };
}
