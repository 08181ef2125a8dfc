import { constants } from "node:os";
import { execa } from "execa";
import { HANDED, withIdentity } from "../pipeline/identity/identity.ts";
import { Problem } from "../toolchain/problem.ts";
import { main } from "./main.ts";

const HELP = `Usage: npm run as-pipeline -- COMMAND [arguments]

Run a command with the identity that a pipeline hands over in its environment, as the tools want to find it; all of it is gone at the end.
${Object.entries(HANDED)
  .map(([name, means]) => `  ${name.padEnd(20)} ${means}`)
  .join("\n")}
Without any of these, the command runs as you. Its exit code is the command's.`;

await main(async () => {
  const [command, ...args] = process.argv.slice(2);
  if (command === "--help" || command === "-h") return console.log(HELP);
  if (command === undefined) throw new Problem(`Which command? ${HELP}`);
  process.exitCode = await withIdentity(process.env, async (env) => {
    const running = execa(command, args, { env, extendEnv: false, stdio: "inherit", reject: false });
    // Ctrl-C and the end of a job reach the command as well; its keys stay until it has ended.
    const pass = (signal: NodeJS.Signals) => void running.kill(signal);
    process.on("SIGINT", pass).on("SIGTERM", pass);
    const { exitCode, signal, code } = await running;
    process.off("SIGINT", pass).off("SIGTERM", pass);
    if (code === "ENOENT") throw new Problem(`There is no command '${command}' on PATH.`);
    return exitCode ?? 128 + (signal === undefined ? 0 : (constants.signals[signal] ?? 0));
  });
});
