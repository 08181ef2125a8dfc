import { UNKNOWN } from "../../policies/facts.ts";
import type { Case } from "./case.ts";
import { IMAGE } from "./fixtures.ts";

const APPLICATION = { application: "api", image: IMAGE, health: "/health", domains: [{ host: "api.example.com", https: true }] };

const application = (title: string, change: object, says?: string): Case => ({
  ...{ title, red: says !== undefined, parts: { applications: [APPLICATION, { ...APPLICATION, ...change }] } },
  ...(says !== undefined && { says }),
});
const none: Case = { title: "none", red: false };

/** Red and green cases of the rules about applications in Dokploy. */
export const applicationCases: Readonly<Record<string, readonly Case[]>> = {
  "application-image-has-digest": [
    none,
    application("by digest", {}),
    application("by tag", { image: "ghcr.io/example/api:v1" }, "ghcr.io/example/api:v1 has no digest"),
    application("by a digest that is cut short", { image: IMAGE.slice(0, -1) }, "has no digest"),
    application("unknown", { image: UNKNOWN }),
  ],
  "application-has-health-check": [
    none,
    application("asked", {}),
    application("not asked", { health: undefined }, "nobody asks api for its health"),
    application("not asked, in other words", { health: "" }, "nobody asks api"),
    application("not asked, and without a known name", { health: undefined, application: UNKNOWN }, "nobody asks it"),
    application("unknown", { health: UNKNOWN }),
  ],
  "application-speaks-https": [
    none,
    application("all of them", {}),
    application("without domains", { domains: [] }),
    application(
      "one in the clear",
      {
        domains: [
          { host: "api.example.com", https: true },
          { host: "a.example.com", https: false },
        ],
      },
      "a.example.com speaks plain",
    ),
    application("unknown which", { domains: [{ host: UNKNOWN, https: false }] }, "a domain speaks plain"),
    application("unknown whether", { domains: [{ host: "a.example.com", https: UNKNOWN }] }),
    application("unknown altogether", { domains: UNKNOWN }),
  ],
};
