import { z } from "zod";

/** Of `docker container inspect`, what rules look at. */
export const InspectedContainer = z.looseObject({
  Name: z.string().transform((name) => name.replace(/^\//, "")),
  Image: z.string(),
  RestartCount: z.number().default(0),
  State: z.looseObject({ Status: z.string(), OOMKilled: z.boolean().default(false) }),
  Config: z.looseObject({
    Image: z.string(),
    User: z.string().default(""),
    Env: z.array(z.string()).nullable().default(null),
    Labels: z.record(z.string(), z.string()).nullable().default(null),
  }),
  HostConfig: z.looseObject({
    Privileged: z.boolean().default(false),
    ReadonlyRootfs: z.boolean().default(false),
    CapAdd: z.array(z.string()).nullish(),
    CapDrop: z.array(z.string()).nullish(),
    SecurityOpt: z.array(z.string()).nullish(),
    Memory: z.number().default(0),
    NanoCpus: z.number().default(0),
    NetworkMode: z.string().default(""),
    PidMode: z.string().default(""),
    LogConfig: z.looseObject({ Type: z.string(), Config: z.record(z.string(), z.string()).nullable() }).optional(),
    PortBindings: z.record(z.string(), z.array(z.looseObject({ HostIp: z.string(), HostPort: z.string() })).nullable()).nullish(),
  }),
  Mounts: z
    .array(z.looseObject({ Type: z.string(), Source: z.string().default(""), Destination: z.string(), RW: z.boolean() }))
    .default([]),
});
export type InspectedContainer = z.infer<typeof InspectedContainer>;

/** Of `docker image inspect`. */
export const InspectedImage = z.looseObject({
  Id: z.string(),
  Created: z.string(),
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
});
export type InspectedImage = z.infer<typeof InspectedImage>;

const each =
  <T extends z.ZodType>(schema: T) =>
  (all: readonly unknown[] | null): z.infer<T>[] =>
    (all ?? []).flatMap((one) => {
      const read = schema.safeParse(one);
      return read.success ? [read.data] : [];
    });

export const containersOf = each(InspectedContainer);
export const imagesOf = each(InspectedImage);
