import { type Asked, addressOf, created, done, type Handler, invalid, nodeId, notFound, ok, page, repositoryOf } from "../answers.ts";
import type { KeptRuleset, Thing } from "../world.ts";

/** Rules for branches and tags. */
export const rulesets: Readonly<Record<string, Handler>> = {
  "repos/get-repo-rulesets": (asked) => {
    const all = [...repositoryOf(asked).rulesets.values()].map((one) => {
      const { rules: _, conditions: __, bypass_actors: ___, ...short } = rulesetShown(asked, one);
      return short;
    });
    return ok(page(all, asked));
  },
  "repos/create-repo-ruleset": (asked) => {
    const { rulesets: kept } = repositoryOf(asked);
    unique(asked);
    const now = asked.world.now();
    const made = { id: asked.world.nextId(), created: now, updated: now, content: asked.body };
    kept.set(made.id, made);
    return created(rulesetShown(asked, made));
  },
  "repos/get-repo-ruleset": (asked) => ok(rulesetShown(asked, rulesetOf(asked))),
  "repos/update-repo-ruleset": (asked) => {
    const ruleset = rulesetOf(asked);
    unique(asked, ruleset);
    ruleset.content = { ...ruleset.content, ...asked.body };
    ruleset.updated = asked.world.now();
    return ok(rulesetShown(asked, ruleset));
  },
  "repos/delete-repo-ruleset": (asked) => {
    repositoryOf(asked).rulesets.delete(rulesetOf(asked).id);
    return done;
  },
};

function unique(asked: Asked, own?: KeptRuleset): void {
  const others = [...repositoryOf(asked).rulesets.values()].filter((one) => one !== own);
  if (others.some(({ content }) => content.name === asked.body.name)) throw invalid("Ruleset", "name", "custom", "Name must be unique");
}

function rulesetOf(asked: Asked): KeptRuleset {
  const found = repositoryOf(asked).rulesets.get(Number(asked.params.ruleset_id));
  if (found === undefined) throw notFound();
  return found;
}

function rulesetShown(asked: Asked, { id, created: created_at, updated: updated_at, content }: KeptRuleset): Thing {
  const repository = repositoryOf(asked);
  return {
    ...{ target: "branch", bypass_actors: [], rules: [], ...content },
    ...{ id, node_id: nodeId("RRS", id), created_at, updated_at, current_user_can_bypass: "never" },
    ...{ source_type: "Repository", source: `${asked.world.owner.name}/${String(repository.settings.name)}` },
    _links: { self: { href: `${addressOf(asked, repository)}/rulesets/${id}` } },
  };
}
