import { Problem } from "../../toolchain/problem.ts";

/** How a registry is signed in to, and how old images are taken away there. */
export type RegistryKind = "ghcr" | "dockerhub" | "ecr" | "oci";

/** A place that images are published to. */
export interface Registry {
  readonly kind: RegistryKind;
  /** With its port, if it has one. */
  readonly host: string;
  /** What stands between the host and the image's own name; empty where nothing does. */
  readonly namespace: string;
}

/** Where a list of registries is read: it differs by machine, and is no secret. */
export const REGISTRIES = "SLUICE_REGISTRIES";

const HOST = /^(?:localhost|[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)(?::\d{1,5})?$/;
const PATH = /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const ECR = /^\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com$/;

/**
 * Read a list as in `ghcr.io/example, docker.io/example`.
 * @throws Problem that names everything that is wrong with it
 */
export function parseRegistries(text: string | undefined): Registry[] {
  const words = (text ?? "").split(/[\s,]+/).filter((word) => word !== "");
  const problems = [
    ...(words.length === 0 ? ["it names no registry"] : []),
    ...words.flatMap((word) => {
      const { host, namespace } = split(word);
      if (!HOST.test(host)) return [`'${word}' has no registry's address; allowed: HOST/NAMESPACE, in small letters`];
      return namespace !== "" && !PATH.test(namespace)
        ? [`'${word}' has the namespace '${namespace}'; allowed: small letters, digits, . _ - /`]
        : [];
    }),
    ...words.filter((word, index) => words.indexOf(word) !== index).map((word) => `'${word}' is there twice`),
  ];
  if (problems.length > 0)
    throw new Problem(
      [`${REGISTRIES} does not say where images go, e.g. ghcr.io/example:`, ...problems.map((one) => `  ${one}`)].join("\n"),
    );
  return words.map((word) => ({ ...split(word), kind: kindOf(split(word).host) }));
}

function split(word: string): Omit<Registry, "kind"> {
  const [host = "", ...rest] = word.split("/");
  return { host, namespace: rest.join("/") };
}

function kindOf(host: string): RegistryKind {
  if (host === "ghcr.io") return "ghcr";
  if (host === "docker.io") return "dockerhub";
  return ECR.test(host) ? "ecr" : "oci";
}

/** Region of an ECR registry. @throws when it is none */
export function ecrRegion({ host }: Registry): string {
  const region = ECR.exec(host)?.[1];
  if (region === undefined) throw new Error(`${host} is no ECR registry`);
  return region;
}

/** What a role's image is called everywhere, without a tag. */
export const repositoryOf = ({ host, namespace }: Registry, role: string): string =>
  [host, namespace, `sluice-${role}`].filter((part) => part !== "").join("/");
