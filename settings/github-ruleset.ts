import { z } from "zod";
import { field, flag, text, whole } from "./field.ts";

const BRANCH = /^(?![/.-])[A-Za-z0-9._/-]{1,200}$/;
const TAG_PATTERN = /^(?![/.-])[A-Za-z0-9._/*?-]{1,200}$/;

export const ruleset = field(
  z.strictObject({
    branch: text(BRANCH, {
      means: "The branch that is protected.",
      allowed: "the name of a branch",
      example: "main",
      whenAbsent: "the repository's default branch",
    }).optional(),
    checks: field(
      z.array(field(z.string().regex(/^[^\r\n\0]{1,100}$/), { means: "A job.", allowed: "the name of a job", example: "test" })),
      {
        means: "Jobs of the workflows that have to pass before a merge, by the names that GitHub shows.",
        allowed: "a list of names of jobs, at least one, each once",
        example: ["check", "test"],
      },
    ).default([]),
    checksApp: whole(
      1,
      2_147_483_647,
      "",
      "App that the checks must come from: otherwise every token that may write a status could pass them.",
      15368,
      "GitHub Actions (15368); with `baseUrl`, any app",
    ).optional(),
    approvals: whole(0, 10, "", "Reviews that a pull request needs. Pushing again makes them void.", 1).default(1),
    codeOwners: flag("Whether owners of changed files (`codeowners`) have to approve.", true).default(true),
    linearHistory: flag("Whether merge commits are refused.", true).default(true),
    signed: flag("Whether commits must be signed.", false).default(false),
    upToDate: flag(
      "Whether a pull request is tested on top of the branch as it is now. Off, it is tested on top of what it began from.",
      true,
    ).default(true),
    tags: field(
      z.array(
        field(z.string().regex(TAG_PATTERN), { means: "A name, `*` for any part of one.", allowed: "a name pattern", example: "v*" }),
      ),
      { means: "Tags that nobody may move or delete.", allowed: "a list of name patterns", example: ["v*"] },
    ).default(["v*"]),
  }),
  {
    means: "Rules of a branch: only by a pull request, only with these checks, never rewritten or deleted. Nobody may go past them.",
    allowed: "a map with `checks`",
    example: { checks: ["check", "test"] },
    whenAbsent: "branches are left as they are",
    jsonSchema: { required: ["checks"] },
  },
);

export type WrittenRuleset = z.output<typeof ruleset>;
