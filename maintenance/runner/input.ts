import type { Readable } from "node:stream";
import { z } from "zod";

/** Larger than any host's look; what comes without an end is not read on. */
const LONGEST = 64 * 1024 * 1024;
const Begin = z.record(z.string(), z.unknown());

/**
 * The one line of JSON that a run is begun with. Docker keeps a container's input open, so its end is the line's.
 *
 * @param ms how long to wait: whoever begins a run has the line ready
 * @returns nothing in it where nothing came, or nothing that can be read
 */
export async function readLine(input: Readable, ms: number): Promise<Record<string, unknown>> {
  const text = await new Promise<string>((resolve) => {
    let read = "";
    const done = () => {
      clearTimeout(timer);
      input.pause();
      resolve(read.split("\n", 1)[0] ?? "");
    };
    const timer = setTimeout(done, ms);
    input.setEncoding("utf8");
    input.on("data", (chunk: string) => {
      read += chunk;
      if (chunk.includes("\n") || read.length > LONGEST) done();
    });
    input.once("end", done);
    input.once("error", done);
  });
  try {
    return Begin.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
