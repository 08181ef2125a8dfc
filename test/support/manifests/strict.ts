/** A JSON Schema, as far as it is changed here. */
export interface Schema {
  readonly [key: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
}

/** An OpenAPI document of Kubernetes, as far as it is read here. */
export interface OpenApi {
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** Name of the file that an API version's definitions are in; the schemas of kinds refer to it. */
export const SHARED = "_definitions.json";

const OBJECT_META = `${SHARED}#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`;

/**
 * A schema that lets through nothing it does not know: OpenAPI lets every further field pass, and a misspelt one is the commonest mistake.
 * Only places where a structural schema declares fields are closed: what stands in `anyOf` and its like says more about fields that are declared
 * elsewhere.
 */
export function closed(schema: Schema): Schema {
  const { properties, additionalProperties, items, allOf } = schema;
  const open = additionalProperties !== undefined || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return {
    ...withoutProse(schema),
    ...(properties && { properties: mapped(properties, closed) }),
    ...(properties && !open && { additionalProperties: false }),
    ...(typeof additionalProperties === "object" && { additionalProperties: closed(additionalProperties) }),
    ...(items && { items: closed(items) }),
    // In OpenAPI 2 a reference with a default beside it is written as a list of one.
    ...(allOf?.every((one) => "$ref" in one) && { allOf }),
    ...(schema.format === "int-or-string" && INT_OR_STRING),
  };
}

const INT_OR_STRING = { type: ["integer", "string"], format: undefined } as const;

/** Text is most of a schema, and decides nothing. */
function withoutProse({ description: _, ...schema }: Schema): Schema {
  return schema;
}

const mapped = <T, R>(map: Readonly<Record<string, T>>, change: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));

/** A kind of object and what its API version is called. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Where the validator looks for a kind's schema; its own way to write the same is `FILE_TEMPLATE`. Where there is no group, it says the version twice. */
export const fileOf = ({ group, version, kind }: Kind): string => `${group || version}_${version}_${kind.toLowerCase()}.json`;
export const FILE_TEMPLATE = "{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json";

/** The files that describe Kubernetes' own kinds strictly, by name. */
export function coreSchemas(api: OpenApi): Record<string, Schema> {
  const definitions = mapped(api.definitions, closed);
  const kinds = Object.entries(api.definitions).flatMap(([name, definition]) => {
    const kind = definition["x-kubernetes-group-version-kind"] as readonly Kind[] | undefined;
    // Those with many are for every group: options and lists of what was deleted.
    return kind?.length === 1 && kind[0] ? [[fileOf(kind[0]), { $ref: `${SHARED}#/definitions/${name}` }] as const] : [];
  });
  return { ...Object.fromEntries(kinds), [SHARED]: { definitions } };
}

/** A definition of a custom kind, as far as it is read here. */
export interface CustomDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** The files that describe a custom kind strictly, one for each of its versions. Its metadata is every object's. */
export function customSchemas({ spec: { group, names, versions } }: CustomDefinition): Record<string, Schema> {
  const files = versions.map(({ name: version, schema: { openAPIV3Schema: own } }) => {
    const everyObject = { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: { $ref: OBJECT_META } };
    const whole = closed({ ...own, properties: { ...own.properties, ...everyObject } });
    return [fileOf({ group, version, kind: names.kind }), whole] as const;
  });
  return Object.fromEntries(files);
}
