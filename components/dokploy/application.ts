import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type ApplicationOrder, type ApplicationSpec, addressOf, type Done, type PlaceSpec } from "../../dokploy/spec.ts";

/** The image's registry, and who signs in there. */
export interface RegistryLogin {
  readonly server: string;
  readonly user: string;
  readonly password: pulumi.Output<string>;
}

export interface DokployApplicationArgs {
  readonly place: PlaceSpec;
  /** API key. */
  readonly key: pulumi.Output<string>;
  /** Estate that the application is marked as a part of. */
  readonly estate: string;
  /** Whether an application with mounts survives `destroy`. */
  readonly protect: boolean;
  readonly spec: ApplicationSpec;
  /** Variables that everybody may read. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of secrets by variable, and their values by name. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, pulumi.Output<string>>>;
  /** @default the login that Dokploy has, if any */
  readonly registry?: RegistryLogin | undefined;
  /** What Dokploy has other than it should, in words. @default nothing is known to differ: what the last run was told still holds */
  readonly toDo?: string | undefined;
}

/** What an application tells policies about itself. */
export interface DokployApplicationFacts {
  readonly application: string;
  readonly image: string;
  /** Absent: nobody asks. */
  readonly health?: string;
  readonly domains: readonly { readonly host: string; readonly https: boolean }[];
}

/**
 * One application of a Dokploy: image, variables, limits and domains are what the arguments say, and that is what runs.
 *
 * Dokploy has no plugin for the engine. A command compares what it has with what it should have, and does what differs; `dokploy/` is where.
 */
export class DokployApplication extends pulumi.ComponentResource {
  /** As Dokploy names it. */
  readonly applicationId: pulumi.Output<string>;
  /** The image that Dokploy was last told to run. */
  readonly image: pulumi.Output<string>;
  /** Address of the first domain; absent: it has none. */
  readonly url: pulumi.Output<string | undefined>;

  constructor(name: string, args: DokployApplicationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:dokploy:Application", name, {}, opts);
    const { place, spec, toDo } = args;
    const command = new local.Command(
      name,
      {
        ...{ create: "node dokploy/apply.ts", update: "node dokploy/apply.ts", delete: "node dokploy/remove.ts" },
        stdin: pulumi.secret(orderOf(args)),
        environment: readable(args),
        // Somewhere else it is another application: that is made before this one goes.
        triggers: [place.url, place.project, place.environment],
        logging: "stderr",
      },
      // What Dokploy has is looked at in every run. Where nothing differs, what a former look found is left as it is: no change.
      { parent: this, ...(toDo === undefined && { ignoreChanges: [`environment.${TO_DO}`] }) },
    );
    const done = command.stdout.apply((said) => JSON.parse(said) as Done);
    this.applicationId = done.applicationId;
    this.image = done.image;
    this.url = done.apply(({ url }) => url);
    this.registerOutputs({
      ...{ application: spec.name, image: spec.image },
      ...(spec.health !== undefined && { health: spec.health }),
      domains: spec.domains.map(({ host, https }) => ({ host, https })),
    } satisfies DokployApplicationFacts);
  }
}

const TO_DO = "SLUICE_TO_DO";

/** Everything that the command reads, as JSON. */
function orderOf({ place, key, estate, protect, spec, env, secrets, values, registry }: DokployApplicationArgs): pulumi.Output<string> {
  const hidden = Object.keys(secrets).sort();
  const given = pulumi.all(hidden.map((variable) => values[secrets[variable] ?? ""] ?? pulumi.output("")));
  return pulumi.all([key, given, registry?.password]).apply(([plainKey, plain, password]) => {
    const order: ApplicationOrder = {
      ...{ place, key: plainKey, estate, protect, application: spec, hidden },
      env: { ...env, ...Object.fromEntries(hidden.map((variable, index) => [variable, plain[index] ?? ""])) },
      ...(registry && password !== undefined && { registry: { server: registry.server, user: registry.user, password } }),
    };
    return JSON.stringify(order);
  });
}

/** What people read in a preview: the order itself holds secrets, so the engine shows none of it. */
function readable({ spec, env, secrets, registry, toDo }: DokployApplicationArgs): Record<string, string> {
  const { image, replicas, memoryMb, cpus, drainSeconds, health, domains, deploy, port } = spec;
  const from = Object.entries(secrets).map(([variable, name]) => `${variable} from ${name}`);
  return {
    ...{ SLUICE_IMAGE: image, SLUICE_PORT: `${port}`, SLUICE_REPLICAS: `${replicas}`, SLUICE_DEPLOY: deploy },
    SLUICE_LIMITS: `${memoryMb} MB, ${cpus} CPU, ${drainSeconds} s to drain`,
    SLUICE_HEALTH: health ?? "",
    SLUICE_DOMAINS: domains.map((domain) => `${addressOf(domain)} to port ${domain.port}, certificate ${domain.certificate}`).join("; "),
    SLUICE_SECRETS: from.sort().join(", "),
    ...(registry && { SLUICE_REGISTRY: `${registry.user} at ${registry.server}` }),
    ...Object.fromEntries(Object.entries(env).map(([variable, value]) => [`SLUICE_ENV_${variable}`, value])),
    ...(toDo !== undefined && { [TO_DO]: toDo }),
  };
}
