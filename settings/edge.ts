import { isIP } from "node:net";
import { z } from "zod";
import { isCidr } from "./addresses.ts";
import { field, flag, limits, seconds, text, whole } from "./field.ts";
import { build, image } from "./image-reference.ts";
import { placedOn } from "./placed-on.ts";

const PEM = /^[^\0\n]{1,255}$/;
const pem = (what: string, example: string) =>
  text(PEM, { means: `PEM file with the ${what}, relative to the project.`, allowed: "a path to a PEM file", example }).optional();

export const edge = field(
  z.strictObject({
    host: placedOn("the edge, and the guard with it, run"),
    image: image("`build` is used").optional(),
    build: build("`images/edge`, unless `image` is set").optional(),
    bind: field(
      z.string().refine((address) => address === "localhost" || isIP(address) !== 0),
      {
        means: "Address of the host that the edge listens on. One that other machines reach also needs `public: true`.",
        allowed: "an IP address, or localhost",
        example: "127.0.0.1",
      },
    ).default("127.0.0.1"),
    port: whole(1, 65_535, "", "Port of the host for plain HTTP.", 8080).default(8080),
    public: flag("Says aloud that other machines may reach the edge.", true).default(false),
    headerOverride: flag("Whether the header X-Sluice-Slot lets a tester choose the slot.", false).default(true),
    tls: field(
      z.strictObject({
        certificate: pem("certificate and its chain", "tls/fullchain.pem"),
        key: pem("private key", "tls/key.pem"),
        port: whole(1, 65_535, "", "Port of the host for HTTPS.", 8443).default(8443),
      }),
      {
        means: "HTTPS with files of your own.",
        allowed: "a map with `certificate` and `key`",
        example: { certificate: "tls/fullchain.pem", key: "tls/key.pem" },
        whenAbsent: "no HTTPS",
        jsonSchema: { required: ["certificate", "key"] },
      },
    ).optional(),
    bodyLimitMb: whole(1, 10_240, "MB", "Largest request body.", 10).default(10),
    breaker: field(
      z.strictObject({
        failures: whole(1, 100, "", "Failed tries, within `ejectSeconds`, after which a container gets no more requests.", 3).default(1),
        ejectSeconds: seconds(1, 3600, "Seconds without requests; then single ones try it, and a good answer takes it back.", 10).default(
          2,
        ),
        slowStartRequests: whole(
          1,
          10_000,
          "",
          "Requests to its slot over which a container that was taken back comes to its full share again; 1: at once.",
          1000,
        ).default(100),
        statuses: field(
          z.array(
            field(z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]), {
              means: "A status.",
              allowed: "500, 502, 503 or 504",
              example: 503,
            }),
          ),
          {
            means:
              "Answers that count as failed tries, and are asked of the next container where that is safe (not a POST); the other slot's when the own ones fail. Without any, an answer is an answer.",
            allowed: "a list of 500, 502, 503, 504",
            example: [503],
          },
        ).default([]),
      }),
      {
        means: "When the edge leaves out a container that fails, and how it takes it back.",
        allowed: "a map",
        example: { failures: 3, ejectSeconds: 10 },
      },
    ).prefault({}),
    connectTimeoutSeconds: seconds(1, 75, "Seconds to reach a service before the other slot is tried.", 1).default(1),
    responseTimeoutSeconds: seconds(1, 3600, "Seconds a service may take between two reads of its answer.", 30).default(30),
    clientTimeoutSeconds: seconds(1, 3600, "Seconds a client may take between two reads or writes.", 30).default(30),
    trustedProxies: field(
      z.array(
        field(
          z.string().refine((value) => isIP(value) !== 0 || isCidr(value)),
          { means: "A proxy.", allowed: "an IP address or a CIDR range", example: "10.0.0.0/8" },
        ),
      ),
      {
        means: "Proxies in front of the edge whose X-Forwarded-* headers are believed.",
        allowed: "a list of IP addresses and CIDR ranges",
        example: ["10.0.0.0/8"],
      },
    ).default([]),
    ...limits({ memoryMb: 256, cpus: 1, drainSeconds: 30 }),
  }),
  {
    means: "The nginx edge that splits traffic. Without `image`, it is built from `images/edge`.",
    allowed: "a map",
    example: { port: 8080 },
    jsonSchema: { not: { required: ["image", "build"] } },
  },
);
