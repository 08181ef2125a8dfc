import { readFileSync } from "node:fs";

/** Linux' capabilities in the kernel's order. */
const NAMES = [
  ...["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE"],
  ...["NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT"],
  ...["SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE"],
  ...["AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ"],
  ...["PERFMON", "BPF", "CHECKPOINT_RESTORE"],
];

/** Older engines do not know these names, and a machine does without. */
const LEFT_OUT = ["SYS_RESOURCE", "PERFMON", "BPF", "CHECKPOINT_RESTORE", "SYS_MODULE", "SYS_BOOT", "SYS_TIME", "SYS_RAWIO"];

/** Names of the capabilities that may be given to a container on this machine, as `--cap-add` takes them. */
export function grantable(status = readFileSync("/proc/self/status", "utf8")): string[] {
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return NAMES.filter((name, bit) => (bounding >> BigInt(bit)) & 1n && !LEFT_OUT.includes(name));
}
