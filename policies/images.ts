import { z } from "zod";
import { isGiven, isKnown } from "./facts.ts";
import { resourceRule, stackRule } from "./rule.ts";

const ON = "docker:index/remoteImage:RemoteImage";

const hasDigest = (reference: string): boolean => /@sha256:[0-9a-f]{64}$/.test(reference);

/** The tag of a reference; `latest` where it names none, as Docker takes it. */
const tagOf = (reference: string): string => /:([^:/@]+)(@|$)/.exec(reference)?.[1] ?? "latest";

export const hasADigest = resourceRule({
  name: "image-has-digest",
  on: ON,
  description:
    "Every image is named by its digest, and none is built on the host: what was tested is what runs, on every machine and after every restart.",
  remediation: "Set `image: registry/name@sha256:<digest>` instead of a tag or `build`.",
  check: ({ name, build }) => {
    if (isGiven(build)) return [`it is built here from ${isGiven(build.context) ? build.context : "a folder"}`];
    return isGiven(name) && !hasDigest(name) ? [`${name} has no digest`] : [];
  },
});

export const isFromAllowedRegistry = resourceRule({
  name: "image-is-from-allowed-registry",
  on: ON,
  description: "Images come from registries that the team has chosen.",
  remediation: "Push the image to an allowed registry, or add its registry to the levels file.",
  config: z.strictObject({
    /** Beginnings of references, e.g. `ghcr.io/example/`; none: every registry is allowed. */
    registries: z.array(z.string().min(1)).default([]),
  }),
  check: ({ name, build }, _, { registries }) => {
    if (isGiven(build) || !isGiven(name) || registries.length === 0) return [];
    return registries.some((registry) => name.startsWith(registry)) ? [] : [`${name} is not from ${registries.join(" or ")}`];
  },
});

export const isNotLatest = resourceRule({
  name: "image-is-not-latest",
  on: ON,
  description: "No image is `latest`: nobody can say what that was yesterday, nor go back to it.",
  remediation: "Name a version, better a digest.",
  check: ({ name, build }) =>
    !isGiven(build) && isGiven(name) && !hasDigest(name) && tagOf(name) === "latest" ? [`${name} is latest`] : [],
});

export const slotsShareNoTag = stackRule({
  name: "slots-share-no-mutable-tag",
  needs: "sluice:service:Slot",
  description:
    "The two slots of a service do not name the same tag: when it moves, the stable slot moves with the canary, and there is no way back.",
  remediation: "Name both by digest, or give each release a tag of its own.",
  checkStack: (estate) => {
    const slots = estate.all("sluice:service:Slot");
    return slots.flatMap(({ urn, props: { service, slot, reference } }) => {
      if (!isGiven(reference) || !isGiven(service) || slot !== "green" || hasDigest(reference) || reference.startsWith("build:")) return [];
      const other = slots.find(({ props }) => props.service === service && props.slot === "blue")?.props.reference;
      return isKnown(other) && other === reference ? [{ urn, message: `both slots of ${service} run ${reference}` }] : [];
    });
  },
});
