import { type Asked, type Handler, nodeId, notFound, ok, teamOf } from "../answers.ts";

/** The organization, its teams, and people. */
export const people: Readonly<Record<string, Handler>> = {
  "orgs/get": (asked) => {
    organizationOf(asked);
    return ok(organizationShown(asked));
  },
  "teams/get-by-name": (asked) => {
    organizationOf(asked);
    const { world, params } = asked;
    const id = world.teams.get(params.team_slug ?? "");
    if (id === undefined) throw notFound();
    const times = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" };
    const counts = { members_count: 1, repos_count: 1 };
    return ok({ ...teamOf(asked, params.team_slug ?? "", id), ...times, ...counts, organization: organizationShown(asked) });
  },
  "teams/list-members-in-org": () => ok([]),
  "teams/list-repos-in-org": () => ok([]),
  "users/get-by-username": (asked) => userFull(asked, asked.params.username ?? ""),
  "users/get-authenticated": (asked) => userFull(asked, [...asked.world.users.keys()][0] ?? ""),
  "users/list-gpg-keys-for-user": () => ok([]),
  "users/list-public-keys-for-user": () => ok([]),
};

function organizationOf({ world, params: { org } }: Asked): void {
  if (org?.toLowerCase() !== world.owner.name.toLowerCase()) throw notFound();
}

function organizationShown({ checks, world, base }: Asked) {
  const { name: login, id } = world.owner;
  const own = { login, id, node_id: nodeId("Organization", id), url: `${base}/orgs/${login}` };
  return { ...checks.example("organization-full"), ...own, archived_at: null };
}

function userFull({ checks, world, base }: Asked, login: string) {
  const id = world.users.get(login);
  if (id === undefined) throw notFound();
  const example = checks.example("public-user-default-response");
  return ok({ ...example, login, id, node_id: nodeId("User", id), url: `${base}/users/${login}`, user_view_type: "public" });
}
