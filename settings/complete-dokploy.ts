import type { ApplicationSpec, PlaceSpec } from "../dokploy/spec.ts";
import type { WrittenApplication, WrittenDokploy } from "./dokploy.ts";
import type { Path } from "./problems.ts";

/** Applications that a Dokploy runs. */
export interface DokploySettings extends PlaceSpec {
  /** Name in `Settings.secrets`. */
  readonly keySecret: string;
  /** `passwordSecret` is a name in `Settings.secrets`; absent: the login that Dokploy has. */
  readonly registry?: { readonly server: string; readonly user: string; readonly passwordSecret: string };
  /** Sorted by name. */
  readonly applications: readonly DokployApplicationSettings[];
}

export interface DokployApplicationSettings extends ApplicationSpec {
  readonly env: Readonly<Record<string, string>>;
  /** Names in `Settings.secrets` by variable. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Applications as the components take them. Only for what the rules have let through: what they require is there. */
export function completeDokploy(written: WrittenDokploy): DokploySettings {
  const { url = "", keySecret = "", project = "", environment, answerSeconds, registry, applications } = written;
  const { server, user, passwordSecret } = registry ?? {};
  return {
    ...{ url: url.replace(/\/$/, ""), keySecret, project, environment, answerSeconds },
    ...(server !== undefined && user !== undefined && passwordSecret !== undefined && { registry: { server, user, passwordSecret } }),
    applications: Object.keys(applications)
      .sort()
      .map((name) => completeApplication(name, applications[name] as WrittenApplication)),
  };
}

function completeApplication(name: string, { image = "", env, domains, ...same }: WrittenApplication): DokployApplicationSettings {
  return {
    ...{ name, image, ...same },
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, String(value)])),
    domains: domains.map(({ host = "", path, port = same.port, https, certificate = https ? "letsencrypt" : "none" }) => {
      return { host, path, port, https, certificate };
    }),
  };
}

/** Images of applications, by where they are written. */
export const dokployImages = ({ applications }: WrittenDokploy): [Path, string | undefined][] =>
  Object.entries(applications).map(([name, { image }]) => [["dokploy", "applications", name, "image"], image]);
