import { type Asked, addressOf, created, done, type Handler, invalid, nodeId, notFound, ok, page, repositoryOf } from "../answers.ts";
import type { Label } from "../world.ts";

interface LabelBody {
  readonly name?: string;
  readonly new_name?: string;
  readonly color?: string;
  readonly description?: string | null;
}

/** Labels of issues. */
export const labels: Readonly<Record<string, Handler>> = {
  "issues/list-labels-for-repo": (asked) => {
    const all = [...repositoryOf(asked).labels.values()].map((one) => labelShown(asked, one));
    return ok(page(all, asked));
  },
  "issues/create-label": (asked) => {
    const { labels: kept } = repositoryOf(asked);
    const { name = "", color = "ededed", description = null } = asked.body as LabelBody;
    if (kept.has(name.toLowerCase())) throw invalid("Label", "name", "already_exists");
    const made = { id: asked.world.nextId(), name, color: hex(color), description };
    kept.set(name.toLowerCase(), made);
    return created(labelShown(asked, made));
  },
  "issues/get-label": (asked) => ok(labelShown(asked, labelOf(asked))),
  "issues/update-label": (asked) => {
    const { labels: kept } = repositoryOf(asked);
    const label = labelOf(asked);
    const { new_name = label.name, color = label.color, description = label.description } = asked.body as LabelBody;
    if (new_name.toLowerCase() !== label.name.toLowerCase() && kept.has(new_name.toLowerCase())) {
      throw invalid("Label", "name", "already_exists");
    }
    kept.delete(label.name.toLowerCase());
    Object.assign(label, { name: new_name, color: hex(color), description });
    kept.set(new_name.toLowerCase(), label);
    return ok(labelShown(asked, label));
  },
  "issues/delete-label": (asked) => {
    repositoryOf(asked).labels.delete(labelOf(asked).name.toLowerCase());
    return done;
  },
};

function labelOf(asked: Asked): Label {
  const found = repositoryOf(asked).labels.get(asked.params.name?.toLowerCase() ?? "");
  if (found === undefined) throw notFound();
  return found;
}

function hex(color: string): string {
  if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid("Label", "color", "invalid");
  return color;
}

function labelShown(asked: Asked, { id, name, color, description }: Label) {
  const url = `${addressOf(asked, repositoryOf(asked))}/labels/${encodeURIComponent(name)}`;
  return { id, node_id: nodeId("Label", id), url, name, color, description, default: false };
}
