import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { PlaceOrder, PlaceSpec } from "../../dokploy/spec.ts";

export interface DokployPlaceArgs {
  readonly place: PlaceSpec;
  /** API key. */
  readonly key: pulumi.Output<string>;
}

/** Project and environment that applications of a Dokploy are in: made where they are missing, never removed. */
export class DokployPlace extends pulumi.ComponentResource {
  constructor(name: string, args: DokployPlaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:dokploy:Place", name, {}, opts);
    const { place, key } = args;
    new local.Command(
      name,
      {
        ...{ create: "node dokploy/place.ts", update: "node dokploy/place.ts" },
        stdin: pulumi.secret(key.apply((plain) => JSON.stringify({ place, key: plain } satisfies PlaceOrder))),
        environment: { SLUICE_URL: place.url, SLUICE_PROJECT: place.project, SLUICE_ENVIRONMENT: place.environment },
        logging: "stderr",
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
