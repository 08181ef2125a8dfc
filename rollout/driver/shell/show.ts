import colors from "picocolors";
import { say } from "../../../toolchain/say.ts";
import { clock } from "../../records/words.ts";
import type { Shown } from "../ports.ts";

type Show = (shown: Shown) => void;

/** One JSON event per line on stdout. */
export function showJson(service: string, rollout: () => string | null): Show {
  return (shown) => console.log(JSON.stringify({ at: Date.now(), service, rollout: rollout(), ...shown }));
}

/** Samples come every second; a person wants to know now and then. */
const SAMPLES_MS = 5_000;

/** Lines for a person, on stderr. */
export function showWords(): Show {
  let sampled = 0;
  return (shown) => {
    const at = colors.dim(clock(Date.now()));
    switch (shown.type) {
      case "rollout":
        return say(`${at} rollout ${colors.bold(shown.id)}`);
      case "phase":
        return say(`${at} ${colors.bold(shown.phase)}  ${shown.words}`);
      case "effect": {
        const mark = shown.state === "begun" ? colors.cyan("·") : shown.state === "done" ? colors.green("✓") : colors.red("✗");
        return say(`${at}   ${mark} ${shown.words}`);
      }
      case "judged": {
        const verdict =
          shown.verdict === "PASS" ? colors.green("PASS") : shown.verdict === "FAIL" ? colors.red("FAIL") : colors.yellow(shown.verdict);
        return say(`${at}   ${verdict}  ${shown.words}`);
      }
      case "samples":
        if (Date.now() - sampled < SAMPLES_MS) return;
        sampled = Date.now();
        return say(`${at}   ${colors.dim(`${shown.weight} %: ${shown.words}`)}`);
      case "waiting":
        return say(`${at}   ${colors.yellow(shown.words)}`);
      case "record":
        if (["failed", "rollback", "rolledBack", "stuck", "guardStale"].includes(shown.record.action))
          say(`${at} ${colors.red(shown.record.action)} by ${shown.record.by}: ${shown.record.why}`);
    }
  };
}
