import * as applications from "./applications.ts";
import * as containers from "./containers.ts";
import * as data from "./data.ts";
import * as edge from "./edge.ts";
import * as images from "./images.ts";
import * as network from "./network.ts";
import * as release from "./release.ts";
import * as repository from "./repository.ts";
import type { Area, Rule } from "./rule.ts";
import * as secrets from "./secrets.ts";
import * as workloads from "./workloads.ts";

/** A file's rules by name: the order in which a module gives its exports is not the same everywhere. */
const of = (area: Readonly<Record<string, unknown>>): readonly Rule[] =>
  (Object.values(area) as Rule[]).toSorted((a, b) => a.name.localeCompare(b.name, "en"));

/** Every rule by its area. */
export const RULES: Readonly<Record<Area, readonly Rule[]>> = {
  ...{ containers: of(containers), images: of(images), edge: of(edge), data: of(data) },
  ...{ secrets: of(secrets), network: of(network), release: of(release), workloads: of(workloads) },
  ...{ applications: of(applications), repository: of(repository) },
};

export const ALL: readonly Rule[] = Object.values(RULES).flat();

/** Judges exceptions.json itself. It cannot be excepted from. */
export const IN_ORDER = "exceptions-are-in-order";
