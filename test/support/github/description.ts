import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheKey, cacheRoot, makeFolder } from "../../../toolchain/cache.ts";
import { step } from "../../../toolchain/say.ts";
import { fetchPublished } from "../published.ts";

/** A package with GitHub's description of its API. 385 MB unpacked, so it is no dependency: one file of it is kept in the cache. */
interface Source {
  readonly version: string;
  /** Of the package's archive, as the registry has it. */
  readonly integrity: string;
  /** Paths that are taken from it. */
  readonly paths: RegExp;
}

const PACKAGE = "@octokit/openapi";
const FILE = "generated/api.github.com.json";

const SOURCES = {
  /** All of the API as it is described now. */
  now: {
    version: "23.0.2",
    integrity: "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    paths: /^/,
  },
  /**
   * An environment's secrets under the repository's number. GitHub's later descriptions call the same operations `/repos/{owner}/{repo}/…`, but
   * its Go library, and so the plugin, still goes this way. A request on it has to fit both descriptions.
   */
  earlier: {
    version: "12.0.0",
    integrity: "sha512-RqrGD4NlVpwqLhzoKYqF1D0gRZQajsNBQSkxn3emSiKe7lHGTWqH2mTGz670SuUhSVE5FiWJJbGmoXLOpIAong==",
    paths: /^\/repositories\/\{repository_id\}\/environments\//,
  },
} as const satisfies Record<string, Source>;

export type Edition = keyof typeof SOURCES;
export const EDITIONS = Object.keys(SOURCES) as Edition[];

/** Anything in a description. */
export type Node = null | boolean | number | string | readonly Node[] | { readonly [key: string]: Node };

/** What a description says, with its schemas as JSON Schema. */
export interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Node>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, Node>>>>;
}

/**
 * GitHub's published description of its API. Fetched from the package registry once: half a minute; kept in the cache.
 *
 * @throws Problem when it cannot be fetched, or is not what was published
 */
export async function ensureDescriptions(): Promise<Readonly<Record<Edition, Description>>> {
  const own = await readFile(import.meta.filename);
  const folder = join(cacheRoot(), "github-api", cacheKey([own]));
  const there = await access(folder).then(
    () => true,
    () => false,
  );
  if (!there) {
    await mkdir(join(folder, ".."), { recursive: true });
    await makeFolder(folder, async (working) => {
      for (const edition of EDITIONS) {
        const fetching = step(`GitHub's description of its API, ${PACKAGE} ${SOURCES[edition].version}`, "half a minute, once");
        await writeFile(join(working, `${edition}.json`), JSON.stringify(await fetchDescription(SOURCES[edition])));
        fetching.done();
      }
    });
  }
  const read = async (edition: Edition) => JSON.parse(await readFile(join(folder, `${edition}.json`), "utf8")) as Description;
  return { now: await read("now"), earlier: await read("earlier") };
}

async function fetchDescription({ version, integrity, paths }: Source): Promise<Description> {
  const whole = JSON.parse((await fetchPublished({ package: PACKAGE, version, integrity }, [FILE]))[FILE]) as Description;
  const wanted = Object.entries(whole.paths).filter(([path]) => paths.test(path));
  return { paths: asJsonSchema(Object.fromEntries(wanted)), components: asJsonSchema(whole.components) } as Description;
}

/** Texts for people, which make up half of a description. */
const FOR_PEOPLE = ["description", "summary", "example"];

/**
 * OpenAPI 3.0 says `nullable` where JSON Schema allows the type `null`; all else that these descriptions use is the same. Examples stay as they
 * are.
 */
function asJsonSchema(node: Node): Node {
  if (Array.isArray(node)) return node.map(asJsonSchema);
  if (typeof node !== "object" || node === null) return node;
  // A property may have one of these names too; its value is then a schema, not a text.
  const kept = Object.entries(node).filter(([key, value]) => !(FOR_PEOPLE.includes(key) && typeof value === "string"));
  const { nullable, ...rest } = Object.fromEntries(kept.map(([key, value]) => [key, key === "examples" ? value : asJsonSchema(value)]));
  if (nullable === true) return { anyOf: [rest, { type: "null" }] };
  return nullable === undefined || nullable === false ? rest : { ...rest, nullable };
}
