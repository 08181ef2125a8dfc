import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { core } from "./search.ts";

export interface Sampled {
  /** How often the whole process table was read. */
  readonly samples: number;
  /** Different processes seen. */
  readonly processes: number;
  /** Where a needle was, e.g. `planted in environ of sleep`; each once. */
  readonly hits: readonly string[];
}

/** What a process started for the purpose carries, so that a watch which finds nothing is known to be able to find something. */
const CONTROL = "control-of-the-process-watch";

/** Reads command line and environment of every process of this machine, again and again, and looks for texts in them. */
export class ProcessWatch {
  private readonly worker: Worker;

  /** @param needles texts by the name that a hit is reported under; the texts themselves are never reported */
  constructor(needles: Readonly<Record<string, string>>) {
    const cores = Object.fromEntries(Object.entries(needles).map(([name, text]) => [name, core(text)]));
    this.worker = new Worker(new URL("./process-watch-worker.ts", import.meta.url), { workerData: { ...cores, control: CONTROL } });
  }

  /**
   * End the watch.
   * @throws Error when the watch did not see its own control process
   */
  async stop(): Promise<Sampled> {
    const control = spawn("sleep", ["60"], { argv0: CONTROL, env: { CONTROL }, stdio: "ignore" });
    await sleep(500);
    control.kill();
    this.worker.postMessage("stop");
    const [sampled] = (await once(this.worker, "message")) as [Sampled];
    const own = sampled.hits.filter((hit) => hit.startsWith("control in "));
    if (own.length !== 2) throw new Error(`the watch saw ${own.length} of its 2 controls: it proves nothing`);
    return { ...sampled, hits: sampled.hits.filter((hit) => !own.includes(hit)) };
  }
}
