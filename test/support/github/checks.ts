import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { Description, Edition, Node } from "./description.ts";

type Thing = { readonly [key: string]: Node };

const METHODS = ["get", "post", "put", "patch", "delete"] as const;
export type Method = (typeof METHODS)[number];

/** One thing that the API can do, as a description has it. */
export interface Operation {
  readonly edition: Edition;
  readonly method: Method;
  /** With `{names}` for its parts. */
  readonly path: string;
  /** For example `repos/get`. */
  readonly id: string;
}

/** What came in, taken apart. */
export interface Received {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Undefined when there was none. */
  readonly body: unknown;
}

/** Answers that every operation may give, and what describes their content. GitHub tells of them in words, not at each operation. */
const EVERYWHERE: Readonly<Record<number, string>> = {
  400: "basic-error",
  401: "basic-error",
  403: "basic-error",
  404: "basic-error",
  409: "basic-error",
  422: "validation-error",
  429: "basic-error",
  500: "basic-error",
  502: "basic-error",
  503: "basic-error",
  504: "basic-error",
};

/**
 * Something that the plugin says though the description does not know it. Nothing else is let through: GitHub ignores without a word what it does
 * not know, whatever its sender hopes.
 */
export interface Undescribed {
  readonly operation: string;
  readonly property: string;
  /** Whether it is taken out before the description is asked, because that forbids every property which it does not name. */
  readonly forbidden?: boolean;
  readonly why: string;
}

const CREATION = "it belongs to the creation of a repository; the plugin says it at every change";
const READ_ONLY = "GitHub fills it in itself; the plugin says it all the same";

export const UNDESCRIBED: readonly Undescribed[] = [
  {
    ...{ operation: "repos/create-or-update-environment", property: "can_admins_bypass", forbidden: true },
    why: "the one way to forbid administrators to skip an environment's protection: GitHub takes and shows it, and its description lacks it",
  },
  { operation: "repos/update", property: "auto_init", why: CREATION },
  { operation: "repos/update", property: "gitignore_template", why: CREATION },
  { operation: "repos/update", property: "license_template", why: CREATION },
  {
    operation: "repos/update",
    property: "topics",
    why: "they have a request of their own, which the plugin makes as well when they change",
  },
  { operation: "repos/update", property: "has_downloads", why: "it has no effect any more" },
  {
    operation: "repos/update",
    property: "has_discussions",
    why: "GitHub takes and shows it, and its description has it only where it is shown",
  },
  { operation: "issues/update-label", property: "name", why: "a new name would be `new_name`; the plugin says the old one once more" },
  { operation: "repos/create-repo-ruleset", property: "source", why: READ_ONLY },
  { operation: "repos/create-repo-ruleset", property: "source_type", why: READ_ONLY },
  { operation: "repos/update-repo-ruleset", property: "source", why: READ_ONLY },
  { operation: "repos/update-repo-ruleset", property: "source_type", why: READ_ONLY },
];

/** Holds requests and answers against the descriptions. */
export class Checks {
  readonly operations: readonly Operation[];
  readonly #descriptions: Readonly<Record<Edition, Description>>;
  readonly #ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false, addUsedSchema: false, inlineRefs: false });
  /** In paths and queries everything is text. */
  readonly #coercing = new Ajv({ strict: false, allErrors: true, validateSchema: false, coerceTypes: "array", inlineRefs: false });
  readonly #params = new Map<Operation, ValidateFunction>();

  constructor(descriptions: Readonly<Record<Edition, Description>>) {
    this.#descriptions = descriptions;
    for (const ajv of [this.#ajv, this.#coercing]) {
      // The one format of the description that the library does not have, as GitHub writes it in its examples.
      addFormats.default(ajv).addFormat("timestamp", true);
      for (const [edition, description] of Object.entries(descriptions)) ajv.addSchema(description, edition);
    }
    this.operations = Object.entries(descriptions).flatMap(([edition, { paths }]) =>
      Object.entries(paths).flatMap(([path, item]) =>
        METHODS.filter((method) => item[method] !== undefined).map((method) => {
          const id = String((item[method] as Thing).operationId);
          return { edition: edition as Edition, method, path, id };
        }),
      ),
    );
  }

  /** The described operation of this name, as it is called now. */
  named(id: string): Operation {
    const found = this.operations.find((one) => one.id === id && one.edition === "now");
    if (found === undefined) throw new Error(`${id} is not in the description`);
    return found;
  }

  /** An example of a component, as the description has it. */
  example(name: string): Thing {
    const found = this.#descriptions.now.components.examples?.[name] as Thing | undefined;
    if (found === undefined) throw new Error(`there is no example ${name}`);
    return found.value as Thing;
  }

  /** What a request has that the description does not, or lacks. Empty: it is good. */
  request(operation: Operation, received: Received): string[] {
    const body = this.#withoutForbidden(operation, received.body);
    const params = this.#paramsOf(operation);
    const given = { path: { ...received.params }, query: { ...received.query } };
    const wrong = params(given) ? [] : words("parameters", params.errors);
    const described = this.#of(operation, "requestBody");
    if (described === undefined) return body === undefined ? wrong : [...wrong, "has a body, which the description does not"];
    if (body === undefined) return this.#resolve(operation, described).required === true ? [...wrong, "has no body"] : wrong;
    const schema = this.#content(operation, described, pointer("paths", operation.path, operation.method, "requestBody"));
    if (schema === undefined) return [...wrong, "has a body that is not described as JSON"];
    return [...wrong, ...this.#judge(schema, body, "body"), ...this.#unknown(operation, schema, body)];
  }

  /** What an answer has that the description does not, or lacks. */
  answer(operation: Operation, status: number, body: unknown): string[] {
    if (status === 304) return body === undefined ? [] : ["304 with a body"]; // the answer to a condition, at every GET
    const responses = this.#of(operation, "responses") ?? {};
    const described = responses[String(status)] as Thing | undefined;
    if (described === undefined) {
      const everywhere = EVERYWHERE[status];
      if (everywhere === undefined) return [`answered with ${status}, which is not described`];
      return this.#judge(`${operation.edition}#${pointer("components", "schemas", everywhere)}`, body, `${status}`);
    }
    const schema = this.#content(operation, described, pointer("paths", operation.path, operation.method, "responses", String(status)));
    if (schema !== undefined) return this.#judge(schema, body, `${status}`);
    return body === undefined || status >= 400 ? [] : [`answered with ${status} and content, where none is described`];
  }

  /** Which of the properties that no description knows are in a request. */
  undescribed(operation: Operation, body: unknown): readonly Undescribed[] {
    if (typeof body !== "object" || body === null) return [];
    return UNDESCRIBED.filter((one) => one.operation === operation.id && one.property in body);
  }

  #withoutForbidden(operation: Operation, body: unknown): unknown {
    const names = this.undescribed(operation, body).flatMap(({ property, forbidden }) => (forbidden ? [property] : []));
    return names.length === 0 ? body : Object.fromEntries(Object.entries(body as object).filter(([key]) => !names.includes(key)));
  }

  #unknown(operation: Operation, schema: string, body: unknown): string[] {
    if (typeof body !== "object" || body === null || Array.isArray(body)) return [];
    const known = new Set(this.#properties(operation, this.#at(schema)));
    for (const { property } of this.undescribed(operation, body)) known.add(property);
    return known.size === 0 ? [] : Object.keys(body).flatMap((key) => (known.has(key) ? [] : [`body has ${key}, which is not described`]));
  }

  #properties(operation: Operation, schema: Thing): string[] {
    const resolved = this.#resolve(operation, schema);
    const inner = ["anyOf", "oneOf", "allOf"].flatMap((key) => (resolved[key] as Thing[] | undefined) ?? []);
    return [...Object.keys(resolved.properties ?? {}), ...inner.flatMap((one) => this.#properties(operation, one))];
  }

  #paramsOf(operation: Operation): ValidateFunction {
    const made = this.#params.get(operation);
    if (made !== undefined) return made;
    const all = ((this.#of(operation, "parameters") ?? []) as unknown as Thing[]).map((one) => this.#resolve(operation, one));
    const part = (place: string) => {
      const own = all.filter((one) => one.in === place);
      return {
        type: "object",
        properties: Object.fromEntries(own.map((one) => [one.name, one.schema])),
        required: own.filter((one) => one.required === true).map((one) => one.name),
        additionalProperties: false,
      };
    };
    const schema = { type: "object", properties: { path: part("path"), query: part("query") } };
    const validate = this.#coercing.compile(absolute(schema, operation.edition) as object);
    this.#params.set(operation, validate);
    return validate;
  }

  #of(operation: Operation, key: string): Thing | undefined {
    const described = this.#descriptions[operation.edition].paths[operation.path]?.[operation.method] as Thing | undefined;
    return described?.[key] as Thing | undefined;
  }

  #resolve(operation: Operation, node: Thing): Thing {
    return typeof node.$ref === "string" ? this.#resolve(operation, this.#at(`${operation.edition}${node.$ref}`)) : node;
  }

  /** Where the schema of the JSON content of a body is, as a reference. */
  #content(operation: Operation, body: Thing, place: string): string | undefined {
    const reference = typeof body.$ref === "string" ? body.$ref.slice(1) : place;
    const content = this.#resolve(operation, body).content as Thing | undefined;
    const kind = ["application/json", "application/scim+json"].find((one) => content?.[one] !== undefined);
    return kind === undefined ? undefined : `${operation.edition}#${reference}${pointer("content", kind, "schema")}`;
  }

  #at(reference: string): Thing {
    const [edition = "", path = ""] = reference.split("#");
    const steps = path.split("/").slice(1);
    const plain = (text: string) => decodeURIComponent(text).replaceAll("~1", "/").replaceAll("~0", "~");
    const root = this.#descriptions[edition as Edition] as unknown as Thing;
    return steps.reduce((node, key) => node[plain(key)] as Thing, root);
  }

  #judge(schema: string, value: unknown, where: string): string[] {
    const validate = this.#ajv.getSchema(schema);
    if (validate === undefined) throw new Error(`no schema at ${schema}`);
    return validate(value) ? [] : words(where, validate.errors);
  }
}

function pointer(...keys: readonly string[]): string {
  return keys.map((key) => `/${encodeURIComponent(key.replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("");
}

/** References with the name of the description that they are in. */
function absolute(node: unknown, edition: Edition): unknown {
  if (Array.isArray(node)) return node.map((one) => absolute(one, edition));
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) =>
    key === "$ref" && typeof value === "string" ? [key, `${edition}${value}`] : [key, absolute(value, edition)],
  );
  return Object.fromEntries(entries);
}

function words(where: string, errors: readonly ErrorObject[] | null | undefined): string[] {
  return (errors ?? []).map(({ instancePath, message, params }) => `${where}${instancePath} ${message} ${JSON.stringify(params)}`);
}
