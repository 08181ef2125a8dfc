import type { PolicyPackArgs, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { z } from "zod";
import { Estate, hasSibling, siblingOf } from "./estate.ts";
import { type Exceptions, isExcepted } from "./exceptions.ts";
import { factsOf } from "./facts.ts";
import { type About, type AnyResourceRule, isStackRule, type Rule, type StackRule } from "./rule.ts";
import { ALL, IN_ORDER } from "./rules.ts";

type ValidateStack = StackValidationPolicy["validateStack"];
type Policy = ResourceValidationPolicy | StackValidationPolicy;

/** Where the rules are explained. */
const DOCS = "https://github.com/sluice-delivery/sluice/blob/main/docs/policies.md";

/** The rules as the engine takes them. */
export function packOf(exceptions: Exceptions): PolicyPackArgs {
  return {
    description: "The quality gates of an estate",
    enforcementLevel: "mandatory",
    policies: [
      ...ALL.map((rule) => (isStackRule(rule) ? stackPolicy(rule, exceptions) : resourcePolicy(rule, exceptions))),
      inOrder(exceptions),
    ],
  };
}

function textOf({ name, description, remediation, level = "mandatory", config }: Rule) {
  const { properties = {} } = config === undefined ? {} : z.toJSONSchema(config, { io: "input" });
  return {
    ...{ name, description, enforcementLevel: level, remediationSteps: remediation, url: `${DOCS}#${name}` },
    // The engine knows JSON schema in an older form; what it is to check is the names.
    ...(Object.keys(properties).length > 0 && { configSchema: { properties: properties as Record<string, object> } }),
  };
}

/** The rule's own settings: from the levels file, else their defaults. The engine adds the level to them. */
function settingsOf({ config }: Rule, given: object): unknown {
  const { enforcementLevel: _, ...own } = given as { enforcementLevel?: string };
  return config?.parse(own) ?? {};
}

/** Engine's name of the stack in `urn:pulumi:STACK::PROJECT::TYPE::NAME`. */
const stackOf = (urn: string): string => urn.split("::")[0]?.replace("urn:pulumi:", "") ?? "";
/** Types of the parents in `urn:pulumi:STACK::PROJECT::PARENT$PARENT$TYPE::NAME`. */
const withinOf = (urn: string): readonly string[] => urn.split("::")[2]?.split("$").slice(0, -1) ?? [];
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";

/** The words of a violation: what is wrong, and what to change. */
const spoken = (name: string, message: string, { remediation }: Rule): string => `${name}: ${message}. ${remediation}`;

function resourcePolicy(rule: AnyResourceRule, exceptions: Exceptions): Policy {
  const types: readonly string[] = typeof rule.on === "string" ? [rule.on] : rule.on;
  const validateResource: ResourceValidationPolicy["validateResource"] = async (args, report) => {
    if (!types.includes(args.type) || isExcepted(exceptions, rule.name, args.name, stackOf(args.urn))) return;
    const about: About = {
      name: args.name,
      within: withinOf(args.urn),
      protect: args.opts.protect,
      secretOutputs: args.opts.additionalSecretOutputs,
    };
    const check = rule.check as (props: object, about: About, config: unknown) => readonly string[] | Promise<readonly string[]>;
    for (const message of await check(factsOf(args.props), about, settingsOf(rule, args.getConfig())))
      report(spoken(args.name, message, rule));
  };
  const [only, ...more] = types;
  return {
    ...textOf(rule),
    validateResource: only !== undefined && more.length === 0 ? onlyFor(only, validateResource) : validateResource,
  };
}

function stackPolicy(rule: StackRule, exceptions: Exceptions): Policy {
  const validateStack: StackValidationPolicy["validateStack"] = ({ resources, getConfig }, report) => {
    const [root] = resources;
    const stack = stackOf(root?.urn ?? "");
    for (const { message, urn } of rule.checkStack(estateOf(resources), settingsOf(rule, getConfig()))) {
      const name = urn === undefined ? stack : nameOf(urn);
      if (!isExcepted(exceptions, rule.name, name, stack)) report(spoken(name, message, rule), urn);
    }
  };
  if (rule.needs === undefined) return { ...textOf(rule), validateStack };
  return {
    ...textOf(rule),
    validateStack: hasSibling(rule.needs) ? whereThere(rule.needs, validateStack) : onlyFor(rule.needs, validateStack),
  };
}

/** The SDK looks for one type alone; here its sibling in a cluster counts as well. */
const whereThere =
  (type: string, validate: ValidateStack): ValidateStack =>
  (args, report) =>
    args.resources.some((resource) => resource.type === type || siblingOf(resource.type) === type) ? validate(args, report) : undefined;

const estateOf = (resources: Parameters<StackValidationPolicy["validateStack"]>[0]["resources"]): Estate =>
  new Estate(resources.map(({ type, urn, name, props }) => ({ type, urn, name, props: factsOf(props) })));

/** What the SDK's own helpers do for a resource's class; the classes would cost the pack half a second of loading. */
const onlyFor = <F extends object>(type: string, validate: F): F => Object.assign(validate, { __pulumiType: type });

function inOrder({ problems }: Exceptions): Policy {
  return {
    name: IN_ORDER,
    description: "Every exception names a rule, a resource, a stack, a reason and the last day that it holds, and none is older than that.",
    remediationSteps: "Mend policies/exceptions.json: take the exception out, or give it a new day and say why.",
    url: `${DOCS}#${IN_ORDER}`,
    validateStack: (_, report) => {
      for (const problem of problems) report(problem);
    },
  };
}
