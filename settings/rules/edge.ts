import { shown } from "../problems.ts";
import type { Finding, Rule } from "../rules.ts";
import { sourceChoice } from "./source.ts";

const LOOPBACK = /^(?:127\.|localhost$|(?:0{1,4}:){1,7}0{0,3}1$|::0{0,3}1$)/;

export const edgeRules: Rule = ({ edge }) => {
  const found: Finding[] = sourceChoice(["edge"], edge, "optional");
  if (!edge.public && !LOOPBACK.test(edge.bind)) {
    found.push({
      at: ["edge", "bind"],
      reads: [["edge", "public"]],
      received: shown(edge.bind, ["edge", "bind"]),
      allowed: "127.0.0.0/8, ::1 or localhost, unless `edge.public` is true",
      fix: "write 127.0.0.1, or, to let other machines in, also `public: true`",
    });
  }
  const { tls } = edge;
  if (!tls) return found;
  if (tls.port === edge.port) {
    found.push({
      at: ["edge", "tls", "port"],
      reads: [["edge", "port"]],
      received: String(tls.port),
      allowed: "another port than `edge.port`",
      fix: `set one of the two to another port, for example ${edge.port === 8443 ? 9443 : 8443}`,
    });
  }
  for (const [missing, given] of [
    ["key", "certificate"],
    ["certificate", "key"],
  ] as const) {
    if (tls[missing] !== undefined) continue;
    found.push({
      at: ["edge", "tls", missing],
      received: "nothing",
      allowed: "a path to a PEM file",
      fix: tls[given] === undefined ? "add it, or remove `tls`" : `add the file that belongs to the ${given}, or remove \`tls\``,
    });
  }
  return found;
};
