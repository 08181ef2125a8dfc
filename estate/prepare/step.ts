/** What a host is to be. */
export interface Wish {
  /** The account that deploys: it may use Docker, and is nobody else. */
  readonly user: string;
  /** Public keys that sign in as that account. @default those of the account that prepares the host */
  readonly keys: readonly string[];
  /** Programs of root's in /usr/local/sbin, by name: text. The deploying account may run exactly these as root. */
  readonly programs: Readonly<Record<string, string>>;
}

/** What came of a look. */
export interface Judgement {
  /** What is not as it should be, each in words; empty when all is. */
  readonly differs: readonly string[];
  /** Shell text that makes it so. It may be cut off and run again. */
  readonly make: string;
  /** Shell text that takes it back, where a mistake could lock everybody out: run by itself unless somebody can sign in afterwards. */
  readonly undo?: string;
  /** Why it cannot be made so; then nothing at all is made. */
  readonly blocked?: string;
}

/** One thing that a host is or has: what is looked at, what is wanted, and how it is made so. */
export interface Step {
  readonly name: string;
  /** What is wanted, in a person's words. */
  readonly title: string;
  /** Shell text for root that prints what there is. It changes nothing. */
  readonly look: string;
  /** @param found what the look has printed */
  judge(found: string): Judgement;
}

/** A file of root's as a step wants it. */
export interface WantedFile {
  readonly path: string;
  readonly text: string;
  /** @default 644 */
  readonly mode?: string;
}

/** Shell text that prints a file's owner, mode and content: `readFile` understands it. */
export const lookAtFile = (path: string): string =>
  `if [ -f ${path} ]; then stat -c '%U:%G %a' ${path}; base64 -w 0 ${path}; echo; else echo absent; echo; fi`;

/** What is wrong with a file. @param found the two lines of `lookAtFile` */
export function fileDiffers({ path, text, mode = "644" }: WantedFile, found: readonly string[]): string[] {
  const [facts = "absent", content = ""] = found;
  if (facts === "absent") return [`${path} is missing`];
  if (Buffer.from(content, "base64").toString("utf8") !== text) return [`${path} says something else`];
  return facts === `root:root ${mode}` ? [] : [`${path} is ${facts}, wanted root:root ${mode}`];
}

/** Shell text that writes a file in one step. */
export const putFile = ({ path, text, mode = "644" }: WantedFile): string =>
  [
    `mkdir -p ${path.replace(/\/[^/]+$/, "")}`,
    `printf %s '${Buffer.from(text).toString("base64")}' | base64 -d > ${path}.sluice-new`,
    `chown root:root ${path}.sluice-new`,
    `chmod ${mode} ${path}.sluice-new`,
    `mv ${path}.sluice-new ${path}`,
  ].join("\n");

/** A step that is one or more files, and what has to know of them. */
export function filesStep(step: Pick<Step, "name" | "title"> & { readonly files: readonly WantedFile[]; readonly after?: string }): Step {
  const { files, after, ...rest } = step;
  return {
    ...rest,
    look: files.map(({ path }) => lookAtFile(path)).join("\n"),
    judge: (found) => {
      const lines = found.split("\n");
      return {
        differs: files.flatMap((file, index) => fileDiffers(file, lines.slice(2 * index, 2 * index + 2))),
        make: [...files.map(putFile), ...(after === undefined ? [] : [after])].join("\n"),
      };
    },
  };
}
