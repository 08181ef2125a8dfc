import { join } from "node:path";
import { PolicyPack } from "@pulumi/policy";
import { readExceptions } from "./exceptions.ts";
import { unpackOnce } from "./once.ts";
import { packOf } from "./pack.ts";
import { ALL } from "./rules.ts";

const today = new Date().toISOString().slice(0, 10);
const rules = ALL.map(({ name }) => name);

unpackOnce();
new PolicyPack("sluice", packOf(readExceptions(join(import.meta.dirname, "exceptions.json"), rules, today)));
// While the engine starts the program, the pack has nothing else to do.
setTimeout(() => import("./detector.ts"), 100);
