import { z } from "zod";
import { field } from "./field.ts";

// The grammar of github.com/distribution/reference, which Docker itself uses: [host[:port]/]path[:tag][@sha256:hex].
const HOST = String.raw`(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]{1,5})?\/)?`;
const PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const TAG = String.raw`(?::\w[\w.-]{0,127})?`;
const DIGEST = "(?:@sha256:[a-f0-9]{64})?";
const REFERENCE = new RegExp(String.raw`^(?=.{1,512}$)${HOST}${PART}(?:\/${PART})*${TAG}${DIGEST}$`);
const ZEROS = `@sha256:${"0".repeat(64)}`;
const DIGEST_HEX = /@(?:sha256:)?([^@]*)$/;

/** A digest of 64 zeros holds the place of one that the pipeline will fill in. */
export const isStandIn = (reference: string): boolean => reference.endsWith(ZEROS);

function fix(received: unknown): string | undefined {
  if (typeof received !== "string") return undefined;
  const hex = DIGEST_HEX.exec(received)?.[1];
  if (hex !== undefined && !/^[a-f0-9]{64}$/.test(hex))
    return `a digest is sha256: and 64 hex digits; this one has ${hex.length}. Copy it whole from the registry`;
  if (/^https?:\/\//.test(received)) return `leave out the scheme: ${received.replace(/^https?:\/\//, "")}`;
  if (/[A-Z]/.test(received.replace(/[:@].*$/, ""))) return `use lower case: ${received.toLowerCase()}`;
  return undefined;
}

export const image = (whenAbsent: string) =>
  field(z.string().regex(REFERENCE), {
    means: "Image to pull, best with its digest. A digest of 64 zeros is a stand-in: it can be previewed, `up` refuses it.",
    allowed: "an image reference: [host/]path[:tag][@sha256:64 hex digits]",
    example: "ghcr.io/example/api:1.4.2@sha256:…",
    whenAbsent,
    fix,
  });

// No segment may be empty, `.` alone in the middle, or `..`: the folder is inside the project whatever it is joined with.
const FOLDER = /^(?!.*(?:^|\/)\.\.?(?:\/|$))(?!\/)[A-Za-z0-9._/-]*[A-Za-z0-9._-]$/;

export const build = (whenAbsent: string) =>
  field(z.string().regex(FOLDER), {
    means: "Folder with a Dockerfile; the image is built from it and tagged by its content.",
    allowed: "a folder of this project, relative, without `..`",
    example: "images/api",
    whenAbsent,
    fix: (received) =>
      typeof received === "string" && received.startsWith("./") ? `leave out the leading ./: ${received.slice(2)}` : undefined,
  });
