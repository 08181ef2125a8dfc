/** Debian packages that a host needs. Names that only one of the releases has are in `OPTIONAL`. */
export const PACKAGES = [
  "docker.io",
  "iptables",
  "nftables",
  "unattended-upgrades",
  "systemd-timesyncd",
  "sudo",
  "ca-certificates",
] as const;

/** Debian 13 has Docker's command in a package of its own; before that it is in docker.io. */
export const OPTIONAL = ["docker-cli"] as const;

/** What joins the networks of several hosts; the second one where the kernel cannot do it itself. */
export const LINK_PACKAGES = ["wireguard-tools", "wireguard-go"] as const;
