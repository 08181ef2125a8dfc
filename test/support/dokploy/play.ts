import type { KeptApplication, KeptDomain, Thing, World } from "./world.ts";

/** An answer that is no 200. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Play = (world: World, input: Thing) => unknown;

function the(world: World, { applicationId }: Thing): KeptApplication {
  const found = world.applications.get(String(applicationId));
  if (found === undefined) throw new Refused(404, "Application not found");
  return found;
}

/** Change an application as Dokploy does: `appName` stays. */
function change(world: World, input: Thing, more: Thing = {}): true {
  const { applicationId: _, ...rest } = input;
  Object.assign(the(world, input), rest, more);
  return true;
}

function domainOf(world: World, { domainId }: Thing): KeptDomain {
  const found = world.domains.get(String(domainId));
  if (found === undefined) throw new Refused(404, "Domain not found");
  return found;
}

/** What each operation does. Written from what Dokploy's source says of it, as far as clients notice. */
export const PLAYED: Readonly<Record<string, Play>> = {
  "project.all": (world) =>
    world.projects.map(({ projectId, name, environments }) => ({
      ...{ projectId, name },
      environments: environments.map((one) => ({
        ...one,
        applications: [...world.applications.values()]
          .filter(({ environmentId }) => environmentId === one.environmentId)
          .map(({ applicationId, name: own, applicationStatus }) => ({ applicationId, name: own, applicationStatus })),
      })),
    })),
  "project.create": (world, { name }) => ({ project: world.addProject(String(name)) }),
  "environment.create": (world, { projectId, name }) => {
    if (name === "production") throw new Refused(400, "You cannot create a environment with the name 'production'");
    return world.addEnvironment(String(projectId), String(name));
  },
  "application.create": (world, input) => world.addApplication(input as { name: string; environmentId: string }),
  "application.one": (world, input) => the(world, input),
  "application.update": (world, input) => change(world, input),
  "application.saveEnvironment": (world, input) => change(world, input),
  "application.saveDockerProvider": (world, input) => change(world, input, { sourceType: "docker", applicationStatus: "idle" }),
  "application.deploy": (world, input) => {
    const { applicationId } = the(world, input);
    world.enqueue(applicationId, String(input.title ?? "Manual deployment"), String(input.description ?? ""));
    return undefined;
  },
  "application.delete": (world, input) => {
    const { applicationId } = the(world, input);
    world.remove(applicationId);
    return { applicationId };
  },
  "domain.byApplicationId": (world, { applicationId }) => [...world.domains.values()].filter((one) => one.applicationId === applicationId),
  "domain.create": (world, input) => world.addDomain(input as unknown as KeptDomain),
  "domain.update": (world, { domainId, ...rest }) => Object.assign(domainOf(world, { domainId }), rest),
  "domain.delete": (world, input) => {
    const { domainId } = domainOf(world, input);
    world.domains.delete(domainId);
    return { domainId };
  },
  "deployment.all": (world, input) => world.look(the(world, input).applicationId).map(({ log: _, ...shown }) => shown),
  "deployment.readLogs": (world, { deploymentId, tail }) => {
    const found = [...world.deployments.values()].flat().find((one) => one.deploymentId === deploymentId);
    if (found === undefined) throw new Refused(404, "Deployment not found");
    return found.log.split("\n").slice(-Number(tail)).join("\n");
  },
  webhook,
};

/** The last `:` of a reference parts name and tag, unless a number follows, which may be a port. */
const nameOf = (image: string): string =>
  !image.includes(":") || /:\d{1,5}$/.test(image) ? image : image.slice(0, image.lastIndexOf(":"));
const tagOf = (image: string): string | undefined => /:([^:]+)$/.exec(image)?.[1];

function webhook(world: World, { token, event, body }: Thing): unknown {
  const application = [...world.applications.values()].find(({ refreshToken }) => refreshToken === token);
  if (application === undefined) throw new Refused(404, "Application Not Found");
  if (!application.autoDeploy) throw new Refused(400, "Automatic deployments are disabled for this application");
  const said = body as { registry_package?: { package_version?: { package_url?: string } }; head_commit?: { id?: string } };
  const pushed = event === "registry_package" ? said.registry_package?.package_version?.package_url : undefined;
  const image = application.dockerImage;
  if (!image) throw new Refused(301, "Application Docker Image Name Not Found");
  if (pushed !== undefined) {
    if (nameOf(pushed) !== nameOf(image)) throw new Refused(301, "Application Image Name doesn't match request event payload Image Name.");
    const [wanted, tag] = [tagOf(pushed), tagOf(image) ?? "latest"];
    if (wanted !== undefined && wanted !== tag) throw new Refused(301, `Application Image Tag (${tag}) doesn't match (${wanted}).`);
  }
  const title = pushed === undefined ? "NEW CHANGES" : `Docker GHCR image pushed: ${pushed}`;
  world.enqueue(application.applicationId, title, event && said.head_commit?.id ? `Hash: ${said.head_commit.id}` : "");
  return { message: "Application deployed successfully" };
}
