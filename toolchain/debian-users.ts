/**
 * Who builds on the Debian base of a Docker engine. Several estates share the base, and what builds leave of their first stage; the last
 * one to go removes both. A user is noted where the base is, by a second name of the base: another checkout, person or machine
 * that uses the same engine sees it, and it cannot outlive what it speaks of.
 */

/** Run a docker command; what is not there is no error. @returns whether it succeeded */
export type DockerCommand = (args: readonly string[]) => Promise<boolean>;

/** What letting the base go asks of an engine. */
export interface DockerEngine {
  /** @throws Error with docker's words */
  run(args: readonly string[]): Promise<string>;
  readonly try: DockerCommand;
}

const IN_USE = "debian-in-use";

/** The base's name as one of its users. */
export const nameAsUser = (user: string): string => `${user}/${IN_USE}:13`;

/**
 * Note who needs the base, and see that it is there.
 * @param user an estate, or a tool that has images of its own
 * @param base the base's common name
 * @param obtain gets the base under the given name, where nobody has it
 */
export async function take(docker: DockerCommand, user: string, base: string, obtain: (name: string) => Promise<void>): Promise<void> {
  const own = nameAsUser(user);
  if (!(await docker(["tag", base, own])) && !(await docker(["image", "inspect", own]))) await obtain(own);
  await restoreBase(docker, own, base);
}

/** Give the base its common name where it has lost it, from what a user has. */
async function restoreBase(docker: DockerCommand, own: string, base: string): Promise<void> {
  if (!(await docker(["image", "inspect", base]))) await docker(["tag", own, base]);
}

/**
 * A user needs the base no more. The last one removes it, with what else nobody needs then.
 *
 * Another user may come at any moment, without a lock that two machines would share: a user notes itself first and looks for the base
 * after that, and who removes the base looks for users after that again. So one of the two always sees the other.
 *
 * @param user as it was given when the base was asked for
 * @param base the base's common name
 * @param others whether images are there that somebody else has built on it
 * @returns whether the base is gone
 */
export async function letGo(docker: DockerEngine, user: string, base: string, others: () => Promise<boolean>): Promise<boolean> {
  await docker.try(["image", "rm", nameAsUser(user)]);
  if ((await users(docker)).length > 0 || (await others())) return false;
  await docker.try(["image", "rm", base]);
  const [late] = await users(docker);
  if (late === undefined) return true;
  await restoreBase(docker.try, late, base);
  return false;
}

async function users(docker: DockerEngine): Promise<string[]> {
  const names = await docker.run(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", `reference=${nameAsUser("*")}`]);
  return names.split("\n").filter((name) => name !== "");
}
