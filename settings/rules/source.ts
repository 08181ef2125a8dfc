import type { Path } from "../problems.ts";
import type { Finding } from "../rules.ts";

interface Choice {
  readonly image?: string | undefined;
  readonly build?: string | undefined;
}

/** An image comes from one place. `optional`: without either, the role's own folder is built. */
export function sourceChoice(at: Path, { image, build }: Choice, need: "required" | "optional"): Finding[] {
  const reads = [
    [...at, "image"],
    [...at, "build"],
  ];
  if (image !== undefined && build !== undefined) {
    return [
      {
        at,
        reads,
        received: "both `image` and `build`",
        allowed: "one of `image`, `build`",
        fix: "remove `build` to run the image as it is, or `image` to build it here",
      },
    ];
  }
  if (need === "required" && image === undefined && build === undefined) {
    return [
      {
        at,
        reads,
        received: "neither `image` nor `build`",
        allowed: "one of `image`, `build`",
        fix: "add `image: <reference>` or `build: <folder>`, or remove the slot",
      },
    ];
  }
  return [];
}
