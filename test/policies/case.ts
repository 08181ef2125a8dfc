import type { About } from "../../policies/rule.ts";
import type { Parts } from "./fixtures.ts";

/** A resource or a stack, and whether the rule has something against it. */
export interface Case {
  readonly title: string;
  readonly red: boolean;
  /** Words that the violation has to have. */
  readonly says?: string;
  readonly props?: object;
  readonly about?: Partial<About>;
  readonly parts?: Parts;
  readonly config?: object;
}

/** Looks like a token, and is none. Put together here so that no scanner takes this file for a leak. */
export const TOKEN = ["ghp", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"].join("_");
