import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

/** The other end of `ProcessWatch`. */
const needles = Object.entries(workerData as Record<string, string>);
const hits = new Set<string>();
const processes = new Set<string>();
let samples = 0;
let stopping = false;
parentPort?.on("message", () => {
  stopping = true;
});

const read = (path: string): Buffer => {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0); // it has ended meanwhile
  }
};

while (!stopping) {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const cmdline = read(`/proc/${pid}/cmdline`);
    processes.add(`${pid} ${cmdline}`);
    for (const [where, content] of [["cmdline", cmdline] as const, ["environ", read(`/proc/${pid}/environ`)] as const]) {
      for (const [name, needle] of needles) {
        if (content.includes(needle)) hits.add(`${name} in ${where} of ${read(`/proc/${pid}/comm`).toString().trim()}`);
      }
    }
  }
  samples += 1;
  await sleep(10);
}
parentPort?.postMessage({ samples, processes: processes.size, hits: [...hits].sort() });
parentPort?.close();
