// Apart from the schema, which takes a tenth of a second to load: a rollback by hand needs these two and cannot wait.

const DOCKER_SOCKET = "unix:///var/run/docker.sock";

/** An estate's name. @param written what its settings say */
export const nameOf = (written: string | undefined, stack: string): string => written ?? `sluice-${stack}`;

/** The Docker engine that an estate runs on. @param written what its settings say @param dockerHost DOCKER_HOST of this machine */
export const dockerOf = (written: string | undefined, dockerHost: string | undefined): string => written ?? dockerHost ?? DOCKER_SOCKET;
