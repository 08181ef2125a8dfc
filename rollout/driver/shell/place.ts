import { parse } from "yaml";
import { decodeStackFile } from "../../../settings/decode.ts";
import { dockerOf, HOST_KEY, keyOf, nameOf } from "../../../settings/place.ts";

/** Where the containers of a service are. */
export interface Place {
  readonly estate: string;
  readonly docker: string;
  /** Public keys of a host that is reached by ssh. */
  readonly hostKeys?: readonly string[] | undefined;
}

/**
 * The little of a stack file that giving clients back needs. To load and check all settings takes a fifth of a second, in which clients get errors.
 *
 * @param stackText the stack file
 * @param dockerHost DOCKER_HOST of this machine
 * @returns null where it takes all settings to say, or where they are wrong
 */
export function placeOf(stackText: string, service: string, stack: string, dockerHost: string | undefined): Place | null {
  try {
    const { raw } = decodeStackFile(parse(stackText)?.config);
    const own = field(raw.services, service);
    const [name, docker, hostKeys] = [raw.name, field(raw.host, "docker"), field(raw.host, "hostKeys")];
    // A key that the engine has to decrypt takes its time; so do keys that are none.
    if (field(raw.host, "keySecret") !== undefined || !isKeys(hostKeys)) return null;
    if (typeof own !== "object" || own === null || !isText(name) || !isText(docker)) return null;
    if ((field(own, "target") ?? "docker") !== "docker") return null;
    // On another host than the first: all settings say which.
    if (field(raw.edge, "host") !== undefined) return null;
    return { estate: nameOf(name, stack), docker: dockerOf(docker, dockerHost), ...(hostKeys && { hostKeys: hostKeys.map(keyOf) }) };
  } catch {
    return null;
  }
}

const isText = (value: unknown): value is string | undefined => value === undefined || typeof value === "string";

/** What stands in ssh's files is a key and nothing else. */
const isKeys = (value: unknown): value is readonly string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every((line) => typeof line === "string" && HOST_KEY.test(line)));

const field = (of: unknown, key: string): unknown =>
  typeof of === "object" && of !== null && Object.hasOwn(of, key) ? (of as Readonly<Record<string, unknown>>)[key] : undefined;
