import { z } from "zod";

// Dokploy's description says nothing of its answers. Named here is what is needed, and no more: a new version may say more.

const text = z.string().nullish();

/** `project.all`. */
export const projects = z.array(
  z.object({
    projectId: z.string(),
    name: z.string(),
    environments: z.array(
      z.object({
        environmentId: z.string(),
        name: z.string(),
        applications: z.array(z.object({ applicationId: z.string(), name: z.string() })),
      }),
    ),
  }),
);

/** `application.one`. */
export const application = z.object({
  applicationId: z.string(),
  name: z.string(),
  description: text,
  applicationStatus: z.string(),
  sourceType: z.string(),
  dockerImage: text,
  username: text,
  password: text,
  registryUrl: text,
  env: text,
  buildArgs: text,
  buildSecrets: text,
  createEnvFile: z.boolean().nullish(),
  replicas: z.number(),
  memoryLimit: text,
  cpuLimit: text,
  stopGracePeriodSwarm: z.union([z.number(), z.string().transform(Number)]).nullish(),
  healthCheckSwarm: z.unknown(),
  updateConfigSwarm: z.unknown(),
  autoDeploy: z.boolean().nullish(),
  /** The webhook's token: its whole authentication. */
  refreshToken: text,
  mounts: z.array(z.unknown()).default([]),
});

/** `domain.byApplicationId`. */
export const domains = z.array(
  z.object({
    domainId: z.string(),
    host: z.string(),
    path: text,
    port: z.number().nullish(),
    https: z.boolean(),
    certificateType: z.string(),
    /** Older versions have no switch: a domain is on. */
    enabled: z.boolean().nullish(),
  }),
);

/** `deployment.all`. */
export const deployments = z.array(
  z.object({
    deploymentId: z.string(),
    title: z.string(),
    description: text,
    status: z.string().nullable(),
    createdAt: z.string(),
    errorMessage: text,
  }),
);

/** `deployment.readLogs`. */
export const logs = z.union([z.string(), z.array(z.string()).transform((lines) => lines.join("\n")), z.unknown().transform(() => "")]);

export type FoundApplication = Readonly<z.infer<typeof application>>;
export type FoundDomain = Readonly<z.infer<typeof domains>[number]>;
export type FoundDeployment = Readonly<z.infer<typeof deployments>[number]>;

/** What Dokploy has of one application. */
export interface Found {
  readonly application: FoundApplication;
  readonly domains: readonly FoundDomain[];
  readonly deployments: readonly FoundDeployment[];
}
