import type { z } from "zod";
import { maskOf } from "../pipeline/mask.ts";
import { Problem } from "../toolchain/problem.ts";
import { Dokploy } from "./client.ts";
import { isReference, renderEnvironment } from "./environment.ts";
import type { Wanted } from "./plan.ts";
import { type ApplicationOrder, type PlaceOrder, placeOrder } from "./spec.ts";

/** Read what a command was told on stdin. @throws Error without its content, which holds secrets */
export async function readOrder<T extends z.ZodType>(schema: T): Promise<z.output<T>> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  let written: unknown;
  try {
    written = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Error("stdin is no JSON: this is run by the component, not by hand; people use npm run dokploy");
  }
  const judged = schema.safeParse(written);
  if (judged.success) return judged.data;
  throw new Error(`stdin has not the form that this version wants: ${judged.error.issues.map(({ path }) => path.join(".")).join(", ")}`);
}

/** Dokploy as an order says where it is. @param secrets more texts that must not be shown */
export function connect({ place, key }: PlaceOrder, secrets: readonly string[] = []): Dokploy {
  return new Dokploy({ url: place.url, key, answerSeconds: place.answerSeconds, mask: maskOf([key, ...secrets]) });
}

/** Texts of an order that must not be shown. */
export const secretsIn = ({ env, hidden, registry }: ApplicationOrder): string[] => [
  ...hidden.map((name) => env[name] ?? ""),
  ...(registry ? [registry.password] : []),
];

/** Where an order's application is. */
export const placeOf = (order: ApplicationOrder): PlaceOrder => placeOrder.parse({ place: order.place, key: order.key });

/**
 * What the order wants, in the texts that Dokploy keeps.
 * @throws Problem naming every variable that Dokploy cannot keep
 */
export function wantedOf({ application, estate, registry, env, hidden }: ApplicationOrder): Wanted {
  const rendered = renderEnvironment(env);
  const problems = [
    ...("impossible" in rendered
      ? rendered.impossible.map((name) => `${name}: the value has quotes or line ends in a way that Dokploy's environment cannot hold.`)
      : []),
    ...hidden
      .filter((name) => isReference(env[name] ?? ""))
      .map((name) => `${name}: the secret has \${{ in it, which Dokploy takes for a reference.`),
  ];
  if ("impossible" in rendered || problems.length > 0)
    throw new Problem(
      [`${application.name}: Dokploy cannot keep these variables. Encode their values, e.g. in base64:`, ...problems].join("\n  "),
    );
  return { application, estate, ...(registry && { registry }), environment: rendered.text };
}
