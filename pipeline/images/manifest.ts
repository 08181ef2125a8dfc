import { readFile } from "node:fs/promises";
import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const Published = z.strictObject({
  role: z.string().regex(/^[a-z][a-z0-9-]*$/),
  /** Hash of everything that went into it. */
  content: z.string().regex(/^[0-9a-f]{12}$/),
  digest,
  /** The same image, by the same digest, in every registry; without tags. */
  repositories: z.array(z.string()).min(1),
});

const Manifest = z.strictObject({
  version: z.literal(1),
  commit: z.string().regex(/^[0-9a-f]{40}$/),
  publishedAt: z.iso.datetime(),
  images: z.array(Published).min(1),
});

/** One image that was published. */
export type Published = z.output<typeof Published>;
/** What a commit's images are: what `publish` hands on to promotions and deploys. */
export type Manifest = z.output<typeof Manifest>;

/** @throws Problem when it is none */
export function parseManifest(text: string, from: string): Manifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Problem(`${from} is no JSON: it should be what npm run images -- publish wrote.`);
  }
  const parsed = Manifest.safeParse(content);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join(".") || "(all of it)"}: ${message}`);
  throw new Problem([`${from} is not what npm run images -- publish writes:`, ...lines].join("\n"));
}

/** @throws Problem when it cannot be read */
export async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new Problem(`${file} cannot be read. It is made by: npm run images -- publish --out FOLDER`);
  });
  return parseManifest(text, file);
}

/**
 * The reference that a stack file should have for a role.
 * @param like a reference that is there now: the same registry is taken, where the image is in it
 */
export function referenceFor({ repositories, digest }: Published, like?: string): string {
  const wanted = like?.replace(/@.*$/, "").replace(/:[^/]*$/, "");
  return `${repositories.find((repository) => repository === wanted) ?? repositories[0]}@${digest}`;
}
