// Apart from the schema, which takes a tenth of a second to load: a rollback by hand needs these and cannot wait.

const DOCKER_SOCKET = "unix:///var/run/docker.sock";

/** Name of the host of `sluice:host`, where an estate has several. */
export const MAIN = "main";

/** An estate's name. @param written what its settings say */
export const nameOf = (written: string | undefined, stack: string): string => written ?? `sluice-${stack}`;

/** The Docker engine that an estate runs on. @param written what its settings say @param dockerHost DOCKER_HOST of this machine */
export const dockerOf = (written: string | undefined, dockerHost: string | undefined): string => written ?? dockerHost ?? DOCKER_SOCKET;

/** A public key as in `/etc/ssh/ssh_host_*_key.pub`, with or without the comment. */
export const HOST_KEY = /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) [A-Za-z0-9+/]{64,1024}={0,2}(?: [^\r\n]*)?$/;

/** A key's type and text, without the comment that may follow. */
export const keyOf = (line: string): string => line.split(" ").slice(0, 2).join(" ");
