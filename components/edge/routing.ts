import * as pulumi from "@pulumi/pulumi";
import { ConfigFiles } from "../host/config-files.ts";
import type { Host } from "../host/host.ts";
import { type EdgeBehaviour, renderNginxConf } from "./nginx-conf.ts";
import type { Route } from "./routes.ts";

export interface RoutingArgs {
  readonly host: Host;
  /** Id of the running edge container. */
  readonly edgeContainer: pulumi.Input<string>;
  readonly routes: readonly Route[];
  readonly behaviour: EdgeBehaviour;
  /** PEM texts. @default none: plain HTTP only */
  readonly tls?: { readonly certificate: string; readonly key: pulumi.Input<string> } | undefined;
}

/** What the routing says of itself to policies. */
export type RoutingFacts = Pick<
  EdgeBehaviour,
  "headerOverride" | "bodyLimitMb" | "connectTimeoutSeconds" | "responseTimeoutSeconds" | "clientTimeoutSeconds"
>;

/**
 * What the edge serves: routes, limits, headers and certificates. The structural half of the edge; weights are `TrafficShare`.
 *
 * A change is checked by `nginx -t` beside the live files. Refused: the update fails with nginx's words and the old ones serve on.
 * Accepted: nginx reloads, which closes idle keep-alive connections.
 */
export class Routing extends pulumi.ComponentResource {
  /** Hash of the configuration that the edge now serves. */
  public readonly generation: pulumi.Output<string>;

  constructor(name: string, args: RoutingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:edge:Routing", name, {}, opts);
    const { host, edgeContainer, routes, behaviour, tls } = args;

    const certificates = tls
      ? new ConfigFiles(
          `${name}-certificates`,
          {
            host,
            container: edgeContainer,
            folder: "/config/tls",
            files: pulumi.output(tls.key).apply((key) => ({ "tls.crt": tls.certificate, "tls.key": key })),
            // A renewed certificate is read at once; the first one only together with the configuration that names it.
            reload: "! grep -q ssl_certificate /config/nginx/current/nginx.conf || reload-edge",
            secret: true,
          },
          { parent: this },
        )
      : undefined;
    const config = new ConfigFiles(
      `${name}-nginx`,
      {
        host,
        container: edgeContainer,
        folder: "/config/nginx",
        files: { "nginx.conf": renderNginxConf(routes, behaviour) },
        check: "nginx -t -q -c $NEXT/nginx.conf",
        reload: "reload-edge if-changed",
      },
      { parent: this, ...(certificates ? { dependsOn: [certificates] } : {}) },
    );

    this.generation = config.generation;
    const { headerOverride, bodyLimitMb, connectTimeoutSeconds, responseTimeoutSeconds, clientTimeoutSeconds } = behaviour;
    const facts: RoutingFacts = { headerOverride, bodyLimitMb, connectTimeoutSeconds, responseTimeoutSeconds, clientTimeoutSeconds };
    this.registerOutputs({ generation: this.generation, ...facts });
  }
}
