import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Looks after a folder and the processes that work in it. */
export interface Keeper {
  /** One more process. */
  add(pid: number | undefined): void;
  /** Everything has ended well: nothing is left to look after. */
  dismiss(): void;
}

/** Its stdin ends when the process that started it does, however that comes about. */
const SCRIPT = `cat > /dev/null
for pid in $(cat "$1/pids"); do kill -9 "$pid" && left=yes; done 2> /dev/null
[ -z "$left" ] || sleep 1
rm -rf "$1"`;

/**
 * End processes, and remove their folder, when the one that started them dies without doing so itself: a test run that is killed hard would
 * leave a cluster behind.
 *
 * @param folder is removed as a whole
 */
export function keep(folder: string): Keeper {
  const pids = join(folder, "pids");
  writeFileSync(pids, "");
  // A session of its own: what is sent to the run's whole process group must not end the one that cleans up after it.
  const keeper = spawn("sh", ["-c", SCRIPT, "keeper", folder], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  keeper.unref();
  return {
    add(pid) {
      if (pid !== undefined) appendFileSync(pids, `${pid}\n`);
    },
    dismiss() {
      writeFileSync(pids, "");
      keeper.stdin.end();
    },
  };
}
