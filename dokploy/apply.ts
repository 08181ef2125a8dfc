import { main } from "../scripts/main.ts";
import { readOrder } from "./order.ts";
import { apply } from "./perform.ts";
import { earlier } from "./run.ts";
import { applicationOrder } from "./spec.ts";

// Run by the engine, for an application that is new or whose order has changed. Progress goes to stderr, the result to stdout.
await main(async () => {
  console.log(JSON.stringify(await apply(await readOrder(applicationOrder), earlier()?.applicationId)));
});
