import { join } from "node:path";
import { PolicyPack } from "@pulumi/policy";
import { readExceptions } from "./exceptions.ts";
import { packOf } from "./pack.ts";
import { ALL } from "./rules.ts";

const today = new Date().toISOString().slice(0, 10);
const rules = ALL.map(({ name }) => name);

new PolicyPack("sluice", packOf(readExceptions(join(import.meta.dirname, "exceptions.json"), rules, today)));
