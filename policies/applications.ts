import { isGiven, isKnown, knownOf } from "./facts.ts";
import { stackRule } from "./rule.ts";

const ON = "sluice:dokploy:Application";

export const applicationImageHasDigest = stackRule({
  name: "application-image-has-digest",
  needs: ON,
  description:
    "An application in Dokploy names its image by digest: what was tested is what runs, after every deployment and on the way back.",
  remediation: "Set its `image` to `registry/name@sha256:<digest>`.",
  checkStack: (estate) =>
    estate
      .all(ON)
      .flatMap(({ urn, props: { image } }) =>
        isGiven(image) && !/@sha256:[0-9a-f]{64}$/.test(image) ? [{ urn, message: `${image} has no digest` }] : [],
      ),
});

export const applicationHasHealthCheck = stackRule({
  name: "application-has-health-check",
  needs: ON,
  description:
    "An application in Dokploy says when it can do its work: only then a new release that does not start is taken back by itself, and clients stay with the old one.",
  remediation: "Set its `health` to a path that answers below 400 when it can do its work.",
  checkStack: (estate) =>
    estate
      .all(ON)
      .flatMap(({ urn, props: { application, health } }) =>
        isKnown(health) && !health ? [{ urn, message: `nobody asks ${isGiven(application) ? application : "it"} for its health` }] : [],
      ),
});

export const applicationSpeaksHttps = stackRule({
  name: "application-speaks-https",
  needs: ON,
  description: "Every domain of an application in Dokploy speaks HTTPS: what clients send is theirs.",
  remediation: "Take `https: false` out.",
  checkStack: (estate) =>
    estate
      .all(ON)
      .flatMap(({ urn, props: { domains } }) =>
        knownOf(domains).flatMap(({ host, https }) =>
          https === false ? [{ urn, message: `${isGiven(host) ? host : "a domain"} speaks plain HTTP` }] : [],
        ),
      ),
});
