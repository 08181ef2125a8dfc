import { main } from "../scripts/main.ts";
import { readOrder } from "./order.ts";
import { remove } from "./perform.ts";
import { earlier } from "./run.ts";
import { applicationOrder } from "./spec.ts";

// Run by the engine, for an application that is taken out of the settings.
await main(async () => remove(await readOrder(applicationOrder), earlier()?.applicationId));
