import { fileDiffers, lookAtFile, putFile, type Step, type Wish } from "../step.ts";

/** The first two words of a key's line: its comment does not matter. */
const keyOf = (line: string): string => /(?:ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/]+=*/.exec(line)?.[0] ?? "";

/**
 * The account that deploys: no password, its keys, and Docker. Whoever may use Docker may do anything on the machine, so it is an account for this
 * alone. Keys are added, never taken away.
 */
export function deployUser({ user, keys }: Wish): Step {
  const home = `/home/${user}`;
  const file = `${home}/.ssh/authorized_keys`;
  return {
    name: "user",
    title: `the account ${user} has no password, its keys, and may use Docker`,
    look: [
      `echo "account $(getent passwd ${user} | cut -d: -f6,7)"`,
      `echo "groups $(id -nG ${user} 2> /dev/null)"`,
      `echo "password $(passwd -S ${user} 2> /dev/null | cut -d' ' -f2)"`,
      `echo "mode $(stat -c '%U %a' ${home}/.ssh ${file} 2> /dev/null | tr '\\n' ' ')"`,
      `sed 's/^/has /' ${file} 2> /dev/null || true`,
      // sudo keeps who asked for it.
      `sed 's/^/mine /' "$(getent passwd "\${SUDO_USER:-root}" | cut -d: -f6)/.ssh/authorized_keys" 2> /dev/null || true`,
    ].join("\n"),
    judge: (found) => {
      const lines = found.split("\n");
      const after = (word: string) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
      const own = new Set(after("has").map(keyOf));
      const wanted = [...new Set((keys.length > 0 ? keys : after("mine")).map(keyOf).filter((key) => key !== ""))];
      const missing = wanted.filter((key) => !own.has(key));
      const there = (after("account")[0] ?? "") !== "";
      const [mode = ""] = after("mode");
      const differs = [
        ...(there ? [] : [`there is no account ${user}`]),
        ...((after("groups")[0] ?? "").split(" ").includes("docker") ? [] : [`${user} may not use Docker (group docker)`]),
        ...(there && after("password")[0] === "P" ? [`${user} has a password`] : []),
        ...missing.map((key) => `the key …${key.slice(-12)} does not sign in as ${user}`),
        ...(there && missing.length === 0 && mode.trim() !== `${user} 700 ${user} 600` ? [`others may look at ${file}`] : []),
      ];
      return {
        differs,
        make: [
          `id ${user} > /dev/null 2>&1 || useradd --create-home --shell /bin/bash ${user}`,
          `passwd -q -l ${user} > /dev/null`,
          "getent group docker > /dev/null || groupadd --system docker",
          `usermod -aG docker ${user}`,
          `install -d -m 700 -o ${user} -g ${user} ${home}/.ssh`,
          `touch ${file}`,
          // A last line without an end would swallow the first new key.
          `[ -z "$(tail -c 1 ${file})" ] || echo >> ${file}`,
          ...missing.map((key) => `echo '${key}' >> ${file}`),
          `chown ${user}:${user} ${file}`,
          `chmod 600 ${file}`,
        ].join("\n"),
        ...(wanted.length === 0 && { blocked: `no key would sign in as ${user}: name one with --key FILE.pub` }),
      };
    },
  };
}

/** Root's own programs for this host, and the account's right to run exactly these. */
export function programs({ user, programs: texts }: Wish): Step[] {
  const names = Object.keys(texts).sort();
  if (names.length === 0) return [];
  const files = names.map((name) => ({ path: `/usr/local/sbin/${name}`, text: texts[name] ?? "", mode: "755" }));
  const rule = {
    path: "/etc/sudoers.d/sluice",
    text: `# Written by \`npm run host -- prepare\`.\n${user} ALL=(root) NOPASSWD: ${files.map(({ path }) => path).join(", ")}\n`,
    mode: "440",
  };
  return [
    {
      name: "programs",
      title: `${names.join(", ")}: as in this checkout, and ${user} may run them as root, and nothing else`,
      look: [...files, rule].map(({ path }) => lookAtFile(path)).join("\n"),
      judge: (found) => {
        const lines = found.split("\n");
        const all = [...files, rule];
        return {
          differs: all.flatMap((file, index) => fileDiffers(file, lines.slice(2 * index, 2 * index + 2))),
          // A wrong file there would end sudo for everybody.
          make: [
            ...files.map(putFile),
            putFile({ ...rule, path: "/etc/sluice/sudoers" }),
            "visudo -q -c -f /etc/sluice/sudoers",
            putFile(rule),
            "rm /etc/sluice/sudoers",
          ].join("\n"),
        };
      },
    },
  ];
}
