import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";

/** Which checkout runs an estate, as written by its `npm start`. */
export interface Holder {
  readonly checkout: string;
  readonly user: string;
  readonly host: string;
  readonly since: string;
}

/**
 * A note per estate, outside every checkout, that says which checkout runs it. Docker's labels name the estate but not the
 * folder: a label may not change when a folder moves, because a changed label replaces the container.
 */
export class Registry {
  private readonly folder: string;

  constructor(cache: string) {
    this.folder = join(cache, "estates");
  }

  /** Who runs the estate; undefined when nobody said so. */
  holder(estate: string): Holder | undefined {
    try {
      return JSON.parse(readFileSync(this.file(estate), "utf8")) as Holder;
    } catch {
      return undefined;
    }
  }

  claim(estate: string, checkout: string): void {
    mkdirSync(this.folder, { recursive: true });
    const holder: Holder = { checkout, user: userInfo().username, host: hostname(), since: new Date().toISOString() };
    writeFileSync(this.file(estate), `${JSON.stringify(holder, undefined, 2)}\n`);
  }

  release(estate: string): void {
    rmSync(this.file(estate), { force: true });
  }

  private file(estate: string): string {
    return join(this.folder, `${estate}.json`);
  }
}
