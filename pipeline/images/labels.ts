/** Labels that every published image carries, by the names of the OCI image specification. */
const ASKED = ["title", "source", "revision", "created", "version"] as const;
const PREFIX = "org.opencontainers.image.";

/** What is wrong with an image's labels; nothing when whoever finds the image can tell what it is and where it is from. */
export function labelProblems(labels: Readonly<Record<string, string>> | undefined): string[] {
  return ASKED.flatMap((name) => {
    const value = labels?.[`${PREFIX}${name}`];
    if (value === undefined || value === "") return [`has no label ${PREFIX}${name}`];
    if (value === "unknown") return [`says of ${PREFIX}${name} that it is unknown: build it in a git checkout with all its history`];
    return name === "revision" && value.endsWith("-dirty")
      ? [`was built from files that are not committed (${PREFIX}revision ${value})`]
      : [];
  });
}
