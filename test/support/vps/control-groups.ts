import { readFileSync } from "node:fs";

const ROOT = "/sys/fs/cgroup";

/**
 * Arguments of `docker run` that give a container's systemd the control groups of this machine.
 *
 * Of version 1 there is a mount for each kind, in a folder that is a file system of its own. The container gets such a folder for itself: its
 * systemd makes more in there, and at last makes it read-only, which would be this machine's else.
 *
 * @param mounts the text of /proc/mounts
 */
export function controlGroups(mounts = readFileSync("/proc/mounts", "utf8")): string[] {
  const found = mounts.split("\n").flatMap((line) => {
    const [, path = "", type = ""] = line.split(" ");
    return type.startsWith("cgroup") && path.startsWith(ROOT) ? [path] : [];
  });
  const bind = (path: string) => ["--volume", `${path}:${path}:rw`];
  if (found.includes(ROOT)) return ["--cgroupns=host", ...bind(ROOT)];
  return ["--cgroupns=host", "--tmpfs", `${ROOT}:rw,mode=755`, ...found.flatMap(bind)];
}
