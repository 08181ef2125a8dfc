import * as pulumi from "@pulumi/pulumi";
import type { Datastore } from "../datastore/datastore.ts";
import type { Route } from "../edge/routes.ts";
import { otherSlot, type Percent, type Slot as SlotName, slotsWithClients } from "../edge/share.ts";
import { TrafficShare, type TrafficShareFacts } from "../edge/traffic-share.ts";
import type { Host } from "../host/host.ts";
import type { ImageSource, Images } from "../host/image.ts";
import { SecretFiles } from "../host/secret-files.ts";
import type { Running } from "../monitoring/container-info.ts";
import type { SlotTarget } from "../monitoring/targets.ts";
import { Slot, type SlotArgs, type SlotDefaults } from "./slot.ts";

/** What a slot runs: an image in a release, with that release's own environment and files. */
export interface SlotContent extends Omit<SlotArgs, "defaults" | "slot" | "image" | "reference" | "release"> {
  readonly source: ImageSource;
  /** @default the first characters of the image's digest, or of the hash of what it is built from */
  readonly release?: string | undefined;
}

export interface ServiceArgs extends Omit<SlotDefaults, "service" | "secrets" | "stores" | "after"> {
  readonly images: Images;
  /** Path prefix at the edge, e.g. `/api`. @default none: the service is reached from inside only */
  readonly route?: string | undefined;
  /** Take the prefix off before the request is passed on. */
  readonly stripRoute: boolean;
  /** Slot that carries the stable release. */
  readonly active: SlotName;
  /** Percentage of clients sent to the other slot. */
  readonly canaryWeight: Percent;
  /** What a rollback has frozen. @default nothing */
  readonly frozen?: TrafficShareFacts["frozen"];
  /** Data stores that the service uses: it gets their addresses and passwords, and starts after them. */
  readonly uses: readonly Datastore[];
  /** The service's own secrets by file name. */
  readonly secrets: Readonly<Record<string, pulumi.Input<string>>>;
  readonly slots: Readonly<Partial<Record<SlotName, SlotContent>>>;
  /** Path of the service's own metrics. @default none */
  readonly metrics?: string | undefined;
}

/**
 * A service in two slots, blue and green, and the share of clients each of them gets.
 *
 * A release goes to the idle slot; traffic then moves by `canaryWeight` and, at last, by `active`. Both change one symlink in the
 * running edge and nothing else. A broken release fails the update while the active slot serves on.
 */
export class Service extends pulumi.ComponentResource {
  /** What the edge must know of the service; absent when it has no route. */
  public readonly route?: Route;
  /** To be awaited by what opens the route. */
  public readonly ready: pulumi.Resource[];
  /** What monitoring asks, container by container. */
  public readonly targets: readonly SlotTarget[];
  public readonly running: readonly Running<pulumi.Output<string>>[];
  public readonly host: Host;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("sluice:service:Service", name, {}, opts);
    const { host, images, uses, route, active, canaryWeight, edgeContainer } = args;
    this.host = host;

    const secrets = { ...args.secrets, ...Object.fromEntries(uses.map(({ address, password }) => [address.passwordFile, password])) };
    const secretFiles =
      Object.keys(secrets).length > 0
        ? new SecretFiles(`${name}-secrets`, { host, toolImage: args.toolImage, secrets }, { parent: this })
        : undefined;
    const defaults: SlotDefaults = {
      ...args,
      service: name,
      secrets: secretFiles,
      stores: Object.fromEntries(uses.map(({ kind, address }) => [kind, address])),
      after: uses.map(({ ready }) => ready),
    };
    const declare = (slot: SlotName, after: readonly pulumi.Resource[]): Slot[] => {
      const content = args.slots[slot];
      if (!content) return [];
      const { source, release = images.release(source), ...own } = content;
      const defaultsInTurn = { ...defaults, after: [...defaults.after, ...after] };
      return [
        new Slot(
          `${name}-${slot}`,
          { ...own, defaults: defaultsInTurn, slot, release, image: images.get(source), reference: images.reference(source) },
          { parent: this },
        ),
      ];
    };
    // One slot at a time: a change that reaches both finds the other one at work, as the edge's backup. The active one goes first, so
    // that nothing of it, and not the way back to it, ever waits for a canary that does not get well.
    const first = declare(active, []);
    const slots = [...first, ...declare(otherSlot(active), readyOf(first))];

    this.running = slots.flatMap(({ running }) => running);
    this.targets = slots.flatMap(({ slot, release, addresses }) =>
      addresses.map((address) => ({
        ...{ service: name, slot, release, health: args.health, metrics: args.metrics },
        address: `${address}:${args.port}`,
      })),
    );
    if (route === undefined) {
      this.ready = readyOf(slots);
    } else {
      const served = slotsWithClients(active, canaryWeight);
      const dependsOn = readyOf(slots.filter(({ slot }) => served.includes(slot)));
      const share = { host: args.edgeHost ?? host, service: name, active, canaryWeight, edgeContainer, frozen: args.frozen };
      this.ready = [new TrafficShare(`${name}-share`, share, { parent: this, dependsOn })];
      const backends = (slot: SlotName, replicas: number) =>
        Array.from({ length: replicas }, (_, index) => ({ address: host.slotAddress(args.block, slot, index + 1), port: args.port }));
      this.route = {
        service: name,
        path: route,
        strip: args.stripRoute,
        health: args.health,
        slots: Object.fromEntries(slots.map(({ slot, replicas }) => [slot, backends(slot, replicas)])),
      };
    }
    this.registerOutputs({});
  }
}

const readyOf = (slots: readonly Slot[]): pulumi.Resource[] => slots.map(({ ready }) => ready);
