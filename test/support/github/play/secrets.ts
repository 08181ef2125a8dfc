import { type Asked, created, done, environmentOf, failure, type Handler, notFound, ok, page, Refusal } from "../answers.ts";
import { type KeptSecret, type KeptVariable, open } from "../world.ts";

/** Secrets and variables of environments. */
export const secrets: Readonly<Record<string, Handler>> = {
  "actions/get-environment-public-key": (asked) => {
    const { id, publicKey } = environmentOf(asked).keys;
    return ok({ key_id: id, key: publicKey });
  },
  "actions/list-environment-secrets": (asked) => {
    const all = [...environmentOf(asked).secrets.values()].map(secretShown);
    return ok({ total_count: all.length, secrets: page(all, asked) });
  },
  "actions/get-environment-secret": (asked) => ok(secretShown(secretOf(asked))),
  "actions/create-or-update-environment-secret": (asked) => {
    const { keys, secrets: kept } = environmentOf(asked);
    const { encrypted_value: sealed, key_id } = asked.body as { readonly encrypted_value: string; readonly key_id: string };
    if (key_id !== keys.id) throw new Refusal(failure(422, "Bad request - key_id is not the current key of this environment"));
    const value = open(sealed, keys);
    if (value === undefined) throw new Refusal(failure(422, "Bad request - the value is not encrypted with that key"));
    const name = nameOf(asked.params.secret_name);
    const now = asked.world.now();
    const before = kept.get(name);
    kept.set(name, { name, sealed, value, created: before?.created ?? now, updated: now });
    return before === undefined ? created({}) : done;
  },
  "actions/delete-environment-secret": (asked) => {
    environmentOf(asked).secrets.delete(secretOf(asked).name);
    return done;
  },

  "actions/list-environment-variables": (asked) => {
    const all = [...environmentOf(asked).variables.values()].map(variableShown);
    return ok({ total_count: all.length, variables: page(all, asked) });
  },
  "actions/create-environment-variable": (asked) => {
    const { variables } = environmentOf(asked);
    const { name: given, value } = asked.body as { readonly name: string; readonly value: string };
    const [name, now] = [nameOf(given), asked.world.now()];
    if (variables.has(name)) throw new Refusal(failure(409, "Already exists - Variable already exists"));
    variables.set(name, { name, value, created: now, updated: now });
    return created({});
  },
  "actions/get-environment-variable": (asked) => ok(variableShown(variableOf(asked))),
  "actions/update-environment-variable": (asked) => {
    const variable = variableOf(asked);
    variable.value = String(asked.body.value ?? variable.value);
    variable.updated = asked.world.now();
    return done;
  },
  "actions/delete-environment-variable": (asked) => {
    environmentOf(asked).variables.delete(variableOf(asked).name);
    return done;
  },
};

/** GitHub keeps names in capitals, and takes no others of its own. */
function nameOf(given = ""): string {
  const name = given.toUpperCase();
  if (!/^(?!GITHUB_)[A-Z_][A-Z0-9_]*$/.test(name)) throw new Refusal(failure(422, `Name is invalid: ${given}`));
  return name;
}

function secretOf(asked: Asked): KeptSecret {
  const found = environmentOf(asked).secrets.get(asked.params.secret_name?.toUpperCase() ?? "");
  if (found === undefined) throw notFound();
  return found;
}

function variableOf(asked: Asked): KeptVariable {
  const found = environmentOf(asked).variables.get(asked.params.name?.toUpperCase() ?? "");
  if (found === undefined) throw notFound();
  return found;
}

const secretShown = ({ name, created: created_at, updated: updated_at }: KeptSecret) => ({ name, created_at, updated_at });
const variableShown = ({ name, value, created: created_at, updated: updated_at }: KeptVariable) => ({
  name,
  value,
  created_at,
  updated_at,
});
