import { z } from "zod";
import { isCidr } from "./addresses.ts";
import { field, whole } from "./field.ts";

export const cidr = (means: string, example: string) =>
  field(
    z.string().refine((value) => isCidr(value)),
    { means, allowed: "a range of addresses in CIDR form", example },
  );

export const talksTo = field(
  z.array(field(z.string(), { means: "Who it talks to.", allowed: "the name of a workload or service", example: "validators" })),
  {
    means: "Workloads and services of this cluster that it sends requests to, its own name for its peers. Everybody else is closed to it.",
    allowed: "a list of names",
    example: ["validators"],
  },
).default([]);

export const outside = field(
  z.array(
    field(
      z.strictObject({
        cidr: cidr("Range of addresses.", "203.0.113.0/24").optional(),
        ports: field(z.array(whole(1, 65_535, "", "A port.", 443)).min(1), {
          means: "TCP ports.",
          allowed: "a list of ports, at least one",
          example: [443],
        }).default([443]),
      }),
      {
        means: "One range.",
        allowed: "a map with `cidr`",
        example: { cidr: "203.0.113.0/24", ports: [443] },
        jsonSchema: { required: ["cidr"] },
      },
    ),
  ),
  {
    means: "Addresses outside of the cluster that it may talk to. Everything else is closed.",
    allowed: "a list of ranges with their ports",
    example: [{ cidr: "203.0.113.0/24", ports: [443] }],
  },
).default([]);
