import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "./host.ts";
import { releaseOf } from "./release.ts";

/** Where an image comes from: a registry, by reference, or a folder that is built on the host's engine. */
export type ImageSource = { readonly kind: "registry"; readonly reference: string } | { readonly kind: "build"; readonly context: string };

/** What is known of a folder that is built: its content decides the tag, the rest goes into the image's labels. */
export interface BuildRecord {
  /** SHA-256 of everything that goes into the image, hex. */
  readonly hash: string;
  readonly source: string;
  /** Commit that last touched the sources. */
  readonly revision: string;
  /** RFC 3339 time of the last change of the sources. */
  readonly created: string;
  readonly version: string;
}

export interface ImagesArgs {
  readonly host: Host;
  /** Reads what is known of a build folder. */
  readonly record: (context: string) => BuildRecord;
  /** Folder of the image that built images start from. */
  readonly baseContext: string;
}

/**
 * The images of an estate, each made or pulled once however many containers use it.
 *
 * Built images are tagged by their content: a second `up` builds nothing, a changed file builds exactly one new image. Old
 * ones stay on the host for a quick way back; `npm stop -- --data` removes them.
 */
export class Images extends pulumi.ComponentResource {
  private readonly args: ImagesArgs;
  private readonly known = new Map<string, docker.RemoteImage>();

  constructor(name: string, args: ImagesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:host:Images", name, {}, opts);
    this.args = args;
    this.registerOutputs({});
  }

  /** Id of the image on the host (`sha256:…`), for containers. */
  get(source: ImageSource): pulumi.Output<string> {
    return this.image(source).imageId;
  }

  /** The image as it is named outside of this host: what evidence about a release covers. */
  reference(source: ImageSource): string {
    return source.kind === "registry" ? source.reference : `build:${source.context}@${this.args.record(source.context).hash}`;
  }

  /** Name of a release where the team gave none: what the image is, in twelve characters. */
  release(source: ImageSource): string {
    if (source.kind === "build") return this.args.record(source.context).hash.slice(0, 12);
    return releaseOf(source.reference);
  }

  private image(source: ImageSource): docker.RemoteImage {
    const key = source.kind === "build" ? source.context : source.reference;
    const image = this.known.get(key) ?? (source.kind === "build" ? this.build(source.context) : this.pull(source.reference));
    this.known.set(key, image);
    return image;
  }

  private named(text: string): string {
    const { place } = this.args.host;
    return `image-${place === undefined ? "" : `at-${place}-`}${text.replaceAll(/[^A-Za-z0-9]+/g, "-")}`;
  }

  private build(context: string): docker.RemoteImage {
    const { host, record, baseContext } = this.args;
    const { hash, ...labels } = record(context);
    const base = context === baseContext ? undefined : this.image({ kind: "build", context: baseContext });
    return new docker.RemoteImage(
      this.named(context),
      {
        name: `${host.estate}/${context.split("/").at(-1)}:${hash.slice(0, 12)}`,
        keepLocally: true,
        build: {
          context,
          // The build reaches package registries as the host does.
          networkMode: "host",
          useLegacyBuilder: true,
          forceRemove: true,
          buildArgs: {
            ...(base ? { BASE: base.name } : {}),
            SOURCE: labels.source,
            REVISION: labels.revision,
            CREATED: labels.created,
            VERSION: labels.version,
          },
          labels: { "dev.sluice.estate": host.estate },
        },
      },
      { parent: this, provider: host.engine, ...(base ? { dependsOn: [base] } : {}) },
    );
  }

  private pull(reference: string): docker.RemoteImage {
    const { host } = this.args;
    return new docker.RemoteImage(
      this.named(`${reference.replace(/@.*$/, "")}-${reference.slice(-12)}`),
      { name: reference, keepLocally: true },
      { parent: this, provider: host.engine },
    );
  }
}
