import { z } from "zod";

/** What `docker container inspect` says, as far as jobs read it. */
export const Inspected = z.looseObject({
  Id: z.string(),
  /** With a leading slash. */
  Name: z.string(),
  RestartCount: z.number().default(0),
  State: z.looseObject({
    Status: z.string(),
    ExitCode: z.number().default(0),
    OOMKilled: z.boolean().default(false),
    Health: z.looseObject({ Status: z.string() }).nullish(),
  }),
  Config: z.looseObject({ Labels: z.record(z.string(), z.string()).nullish() }),
  HostConfig: z.looseObject({
    LogConfig: z.looseObject({ Type: z.string().default(""), Config: z.record(z.string(), z.string()).nullish() }).optional(),
  }),
});
export type Inspected = z.infer<typeof Inspected>;

/** The containers of a look, those that can be read. */
export const inspected = (containers: readonly unknown[] | null): Inspected[] =>
  (containers ?? []).flatMap((one) => {
    const read = Inspected.safeParse(one);
    return read.success ? [read.data] : [];
  });

export const nameOf = ({ Name }: Inspected): string => Name.replace(/^\//, "");
