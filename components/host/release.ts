/** Name of a release where the team gave none: what its image is, in twelve characters of its digest, else its tag. */
export function releaseOf(reference: string): string {
  const digest = /@sha256:([0-9a-f]{12})/.exec(reference)?.[1];
  return digest ?? reference.replace(/^.*[/:]/, "");
}
