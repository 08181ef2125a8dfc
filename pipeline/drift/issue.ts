import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Problem } from "../../toolchain/problem.ts";
import { say } from "../../toolchain/say.ts";
import { githubOf } from "../github/client.ts";
import { putIssue } from "../github/issues.ts";
import { markerOf } from "./report.ts";

const drift = z.object({ stack: z.string(), kind: z.enum(["none", "drift", "unknown"]), title: z.string() });

/** Open, update or close the issue of every stack that has a report in the folder. */
export async function issues(folder: string, { label }: { readonly label: readonly string[] }): Promise<void> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".json")).sort();
  if (files.length === 0) throw new Problem(`${folder} has no report. Make one: npm run drift -- --stack NAME --out ${folder}`);
  const reports = await Promise.all(
    files.map(async (name) => {
      const read = drift.safeParse(JSON.parse(await readFile(join(folder, name), "utf8")));
      if (!read.success) throw new Problem(`${join(folder, name)} is no report of npm run drift: ${z.prettifyError(read.error)}`);
      return { ...read.data, text: await readFile(join(folder, name.replace(/json$/, "md")), "utf8") };
    }),
  );
  const github = githubOf(process.env);
  for (const { stack, kind, title, text } of reports) {
    // Nothing is known: an open issue stays as it is, and none is opened for a host that did not answer one night.
    if (kind === "unknown") say(`${stack}: ${title}; its issue stays as it is`);
    else {
      const wanted = { marker: markerOf(stack), title: `Drift: ${stack}: ${title}`, body: text, labels: label };
      const closing = `${stack} runs as its state says again.`;
      say(`${stack}: ${await putIssue(github, kind === "drift" ? { open: wanted } : { close: wanted.marker, words: closing })}`);
    }
  }
}
