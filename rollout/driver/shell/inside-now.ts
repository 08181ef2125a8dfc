import { execFile } from "node:child_process";
import type { Answer, Inside } from "./inside.ts";
import type { Place } from "./place.ts";

/** How long the edge may take, milliseconds. */
const ANSWER_MS = 10_000;

/** `Inside` without the library that it runs programs by: loading that takes as long as the command itself. */
export class InsideNow implements Pick<Inside, "run"> {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  /** @throws Error when it could not be run at all, or not in time; a command's own failure is an exit code */
  run(container: string, words: readonly string[]): Promise<Answer> {
    const { estate, docker } = this.#place;
    const name = `${estate}-${container}`;
    const env = { ...process.env, DOCKER_HOST: docker };
    return new Promise((resolve, reject) => {
      execFile("docker", ["exec", name, ...words], { env, timeout: ANSWER_MS, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
        if (error === null) resolve({ exitCode: 0, stdout, stderr });
        else if (typeof error.code === "number") resolve({ exitCode: error.code, stdout, stderr });
        else
          reject(
            new Error(error.killed ? `${name} did not answer within ${ANSWER_MS / 1000} s` : `docker exec into ${name}: ${error.message}`),
          );
      });
    });
  }
}
