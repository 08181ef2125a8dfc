import { type Asked, addressOf, created, done, type Handler, invalid, nodeId, notFound, ok, repositoryOf, userOf } from "../answers.ts";
import type { Node } from "../description.ts";
import type { KeptRepository, Thing } from "../world.ts";

/** The repository itself, and what workflows may do in it. */
export const repository: Readonly<Record<string, Handler>> = {
  "repos/get": (asked) => ok(repositoryShown(asked, repositoryOf(asked))),
  "repos/create-in-org": (asked) => {
    const name = String(asked.body.name);
    if (asked.world.repositories.has(name.toLowerCase())) {
      throw invalid("Repository", "name", "custom", "name already exists on this account");
    }
    return created(repositoryShown(asked, asked.world.addRepository(name, { ...asked.body })));
  },
  "repos/update": (asked) => {
    const found = repositoryOf(asked);
    Object.assign(found.settings, asked.body);
    found.updated = asked.world.now();
    return ok(repositoryShown(asked, found));
  },
  "repos/delete": (asked) => {
    const { settings } = repositoryOf(asked);
    asked.world.repositories.delete(String(settings.name).toLowerCase());
    return done;
  },
  "repos/get-all-topics": (asked) => ok({ names: repositoryOf(asked).settings.topics ?? [] }),
  "repos/replace-all-topics": (asked) => {
    const names = asked.body.names as Node;
    repositoryOf(asked).settings.topics = names;
    return ok({ names });
  },

  "repos/check-vulnerability-alerts": (asked) => {
    if (!repositoryOf(asked).vulnerabilityAlerts) throw notFound();
    return done;
  },
  "repos/enable-vulnerability-alerts": (asked) => {
    repositoryOf(asked).vulnerabilityAlerts = true;
    return done;
  },
  "repos/disable-vulnerability-alerts": (asked) => {
    repositoryOf(asked).vulnerabilityAlerts = false;
    return done;
  },

  "actions/get-github-actions-permissions-repository": (asked) => {
    const found = repositoryOf(asked);
    const { allowed_actions } = found.permissions;
    const more =
      allowed_actions === "selected" ? { selected_actions_url: `${addressOf(asked, found)}/actions/permissions/selected-actions` } : {};
    return ok({ ...found.permissions, ...more });
  },
  "actions/set-github-actions-permissions-repository": (asked) => {
    Object.assign(repositoryOf(asked).permissions, asked.body);
    return done;
  },
  "actions/get-allowed-actions-repository": (asked) => ok(selected(repositoryOf(asked)).selectedActions),
  "actions/set-allowed-actions-repository": (asked) => {
    Object.assign(selected(repositoryOf(asked)).selectedActions, asked.body);
    return done;
  },
  "actions/get-github-actions-default-workflow-permissions-repository": (asked) => ok(repositoryOf(asked).workflowPermissions),
  "actions/set-github-actions-default-workflow-permissions-repository": (asked) => {
    Object.assign(repositoryOf(asked).workflowPermissions, asked.body);
    return done;
  },
};

/** Actions can be chosen only where not all of them are allowed. */
function selected(found: KeptRepository): KeptRepository {
  if (found.permissions.allowed_actions !== "selected") throw invalid("Repository", "allowed_actions", "custom", "it is not `selected`");
  return found;
}

/** Settings that a repository of the description's example does not have, as they are in a new one. */
const DEFAULTS = {
  ...{ description: null, homepage: null, language: null, topics: [], is_template: false, archived: false },
  ...{ has_issues: true, has_projects: true, has_wiki: true, has_downloads: true, has_discussions: false, has_pages: false },
  ...{ allow_squash_merge: true, allow_merge_commit: true, allow_rebase_merge: true, allow_auto_merge: false, allow_update_branch: false },
  ...{ delete_branch_on_merge: false, allow_forking: true, web_commit_signoff_required: false, default_branch: "main" },
  ...{ squash_merge_commit_title: "COMMIT_OR_PR_TITLE", squash_merge_commit_message: "COMMIT_MESSAGES" },
  ...{ merge_commit_title: "MERGE_MESSAGE", merge_commit_message: "PR_TITLE" },
  security_and_analysis: { secret_scanning: { status: "enabled" }, secret_scanning_push_protection: { status: "enabled" } },
};

function repositoryShown(asked: Asked, found: KeptRepository): Thing {
  const { checks, world } = asked;
  const {
    parent: _,
    source: __,
    template_repository: ___,
    organization: ____,
    license: _____,
    ...example
  } = checks.example("full-repository-default-response");
  const { id, created: created_at, updated: updated_at, settings } = found;
  const name = String(settings.name);
  return {
    ...{ ...example, ...DEFAULTS, ...settings },
    ...{ id, node_id: nodeId("Repository", id), name, full_name: `${world.owner.name}/${name}`, created_at, updated_at },
    ...{ license: null, fork: false, url: addressOf(asked, found), private: settings.visibility !== "public" },
    // Text that is empty is none.
    ...{ homepage: settings.homepage || null, description: settings.description || null },
    owner: { ...userOf(asked, world.owner.name, world.owner.id), type: "Organization" },
  } as Thing;
}
