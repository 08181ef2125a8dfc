import { z } from "zod";

/** Who gives a domain its certificate. */
export const CERTIFICATES = ["letsencrypt", "none"] as const;
/** How a deployment is asked for. */
export const DEPLOYS = ["api", "webhook"] as const;

const domain = z.strictObject({
  host: z.string(),
  /** Path that the application is reached under; `/`: all of the host. */
  path: z.string(),
  /** Port inside the container. */
  port: z.int(),
  https: z.boolean(),
  certificate: z.enum(CERTIFICATES),
});

const application = z.strictObject({
  /** Name in Dokploy. */
  name: z.string(),
  image: z.string(),
  /** Port that the application listens on inside its containers. */
  port: z.int(),
  replicas: z.int(),
  memoryMb: z.int(),
  cpus: z.number(),
  /** Seconds between the request to stop and the kill. */
  drainSeconds: z.int(),
  /** Path that answers with a status below 400 when it can do its work; absent: nobody asks. */
  health: z.string().optional(),
  domains: z.array(domain).readonly(),
  deploy: z.enum(DEPLOYS),
  /** Seconds that a deployment may take. */
  deploySeconds: z.int(),
});

/** Where applications are: one environment of one project of one Dokploy. */
const place = z.strictObject({
  /** Address of Dokploy, without `/api` and without a slash at its end. */
  url: z.string(),
  project: z.string(),
  environment: z.string(),
  /** Seconds that Dokploy may take for one answer. */
  answerSeconds: z.int(),
});

/** What a command of this room reads on stdin, as JSON: it holds secrets, which are in no other place. */
export const placeOrder = z.strictObject({ place, key: z.string() });
export const applicationOrder = z.strictObject({
  place,
  key: z.string(),
  /** Estate that the application is part of; it is what marks it in Dokploy. */
  estate: z.string(),
  /** Whether what cannot come back is kept. */
  protect: z.boolean(),
  application,
  /** All variables, with the values of secrets. */
  env: z.record(z.string(), z.string()),
  /** Variables whose value is a secret. */
  hidden: z.array(z.string()).readonly(),
  /** Login for the registry of the image; absent: whatever Dokploy has. */
  registry: z.strictObject({ server: z.string(), user: z.string(), password: z.string() }).optional(),
});

export type DomainSpec = Readonly<z.infer<typeof domain>>;
export type ApplicationSpec = Readonly<z.infer<typeof application>>;
export type PlaceSpec = Readonly<z.infer<typeof place>>;
export type PlaceOrder = Readonly<z.infer<typeof placeOrder>>;
export type ApplicationOrder = Readonly<z.infer<typeof applicationOrder>>;

/** What a command of this room says on stdout when it is done. Nothing of it is secret. */
export interface Done {
  readonly applicationId: string;
  readonly image: string;
  /** Address of the first domain; absent: it has none. */
  readonly url?: string;
}

/** Address of a domain, as a browser takes it. */
export const addressOf = ({ host, path, https }: Pick<DomainSpec, "host" | "path" | "https">): string =>
  `${https ? "https" : "http"}://${host}${path}`;
