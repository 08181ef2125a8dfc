import type { Checks } from "./checks.ts";
import type { KeptEnvironment, KeptRepository, Thing, World } from "./world.ts";

/** What an operation is asked. */
export interface Asked {
  readonly world: World;
  readonly checks: Checks;
  /** Parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Thing;
  /** Address of the API, without a slash at its end. */
  readonly base: string;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (asked: Asked) => Answer;

const DOCUMENTATION = "https://docs.github.com/rest";

/** An answer that ends what was asked. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`answered with ${answer.status}`);
    this.answer = answer;
  }
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const created = (body: unknown): Answer => ({ status: 201, body });
export const done: Answer = { status: 204 };

export function failure(status: number, message: string, more: Readonly<Record<string, unknown>> = {}): Answer {
  return { status, body: { message, documentation_url: DOCUMENTATION, status: String(status), ...more } };
}

export const notFound = (): Refusal => new Refusal(failure(404, "Not Found"));

export function invalid(resource: string, field: string, code: string, message?: string): Refusal {
  const error = { resource, field, code, ...(message === undefined ? {} : { message }) };
  return new Refusal(failure(422, "Validation Failed", { errors: [error] }));
}

/** The repository that is asked about: by its name, or by its number. */
export function repositoryOf({ world, params: { owner, repo, repository_id } }: Asked): KeptRepository {
  const found =
    repository_id === undefined
      ? owner?.toLowerCase() === world.owner.name.toLowerCase()
        ? world.repositories.get(repo?.toLowerCase() ?? "")
        : undefined
      : [...world.repositories.values()].find(({ id }) => String(id) === repository_id);
  if (found === undefined) throw notFound();
  return found;
}

export function environmentOf(asked: Asked): KeptEnvironment {
  const found = repositoryOf(asked).environments.get(asked.params.environment_name?.toLowerCase() ?? "");
  if (found === undefined) throw notFound();
  return found;
}

/** One page of a list. */
export function page(all: readonly unknown[], { query: { per_page = "30", page: number = "1" } }: Asked): unknown[] {
  const size = Math.min(100, Number(per_page));
  return all.slice((Number(number) - 1) * size, Number(number) * size);
}

/** A repository's own address in the API. */
export const addressOf = ({ base, world }: Asked, { settings }: KeptRepository): string =>
  `${base}/repos/${world.owner.name}/${String(settings.name)}`;

/** Text that GitHub calls a node's id. */
export const nodeId = (kind: string, id: number): string => Buffer.from(`${kind}:${id}`).toString("base64url");

/** A person as others show them: a reviewer, a member. */
export function userOf({ checks, base }: Asked, login: string, id: number): Thing {
  const [example] = checks.example("simple-user-items") as unknown as readonly Thing[];
  return { ...example, login, id, node_id: nodeId("User", id), url: `${base}/users/${login}` };
}

/** A team as others show it. */
export function teamOf({ checks, base, world }: Asked, slug: string, id: number): Thing {
  const [example] = checks.example("team-items") as unknown as readonly Thing[];
  const own = { id, node_id: nodeId("Team", id), name: slug, slug, url: `${base}/organizations/${world.owner.id}/team/${id}` };
  return { ...example, ...own, type: "organization", organization_id: world.owner.id, parent: null };
}
