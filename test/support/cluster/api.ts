import { Agent, fetch } from "undici";

/** An object as the API gives it. */
export interface Thing {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly generation?: number;
    readonly resourceVersion: string;
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly finalizers?: readonly string[];
    readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[];
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads fields of many kinds
  readonly [field: string]: any;
}

/** An answer that is not a 2xx. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(`${status}: ${text}`);
    this.status = status;
  }
}

/** What names an object. */
export interface Named {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

/** A kind as the API lists it. */
interface Served {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The API of a test cluster, as its administrator. */
export class Api {
  readonly url: string;
  readonly #token: string;
  readonly #agent: Agent;
  readonly #resources = new Map<string, Promise<{ resources: Served[] }>>();

  constructor(url: string, token: string, authority: string) {
    this.url = url;
    this.#token = token;
    this.#agent = new Agent({ connect: { ca: authority } });
  }

  /**
   * @param path as in `/api/v1/namespaces/default/pods`
   * @param type of the body: for PATCH the kind of patch
   * @throws Refused
   */
  async request<T = Thing>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object, type?: string): Promise<T> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined
          ? {}
          : { "content-type": type ?? (method === "PATCH" ? "application/merge-patch+json" : "application/json") }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, text);
    return (text.startsWith("{") ? JSON.parse(text) : text) as T;
  }

  get(path: string): Promise<Thing> {
    return this.request("GET", path);
  }

  /** An object, or nothing when it is not there. */
  async find(path: string): Promise<Thing | undefined> {
    return this.get(path).catch((error: unknown) => {
      if (error instanceof Refused && error.status === 404) return undefined;
      throw error;
    });
  }

  async list(path: string): Promise<Thing[]> {
    return (await this.request<{ items: Thing[] }>("GET", path)).items;
  }

  /** Where an object is, by what it says of itself. */
  async pathOf({ apiVersion, kind, metadata: { namespace, name } }: Named): Promise<string> {
    const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const known = this.#resources.get(group) ?? this.request<{ resources: Served[] }>("GET", group);
    this.#resources.set(group, known);
    const served = (await known).resources.find((one) => one.kind === kind && !one.name.includes("/"));
    if (!served) throw new Error(`${apiVersion} has no kind ${kind}`);
    return `${group}/${served.namespaced ? `namespaces/${namespace}/` : ""}${served.name}/${name}`;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
