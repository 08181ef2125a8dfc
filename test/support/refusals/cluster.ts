import type { Case, Raw } from "../settings.ts";

// Put together here so that no scanner takes this file for a leak.
const LOGIN = ["ann", "planted-8c1f"].join(":");
const IMAGE = "an image reference: [host/]path[:tag][@sha256:64 hex digits]";
const SECRETS = "a name from sluice:secrets: payment-key";
const onCluster = (s: Raw, service: Raw = {}): Raw => {
  const mail = { target: "kubernetes", port: 3000, blue: { image: "ghcr.io/example/mail:1" }, ...service };
  s.services.mail = mail;
  return mail;
};

/** Ways to spoil the settings of a cluster, and of services in it. */
export const cluster: Case[] = [
  [
    "a service in a cluster that is not there",
    (s) => {
      delete s.cluster;
      onCluster(s);
    },
    "sluice:services.mail.target",
    "kubernetes",
    "docker, while there is no `sluice:cluster`",
    'add `sluice:cluster: {}`, or write "docker"',
  ],
  [
    "a target that there is not",
    (s) => onCluster(s, { target: "kubernets" }),
    "sluice:services.mail.target",
    '"kubernets"',
    "docker or kubernetes",
    "write kubernetes",
  ],
  [
    "the host's stores in a cluster",
    (s) => onCluster(s, { uses: ["postgres"] }),
    "sluice:services.mail.uses",
    "a list of 1",
    "nothing in a cluster: the host's data stores are closed to the outside",
    "take it out, and give the service its own store: an address in `env`, a password in `secrets`",
  ],
  [
    "a block of addresses in a cluster",
    (s) => onCluster(s, { block: 30 }),
    "sluice:services.mail.block",
    "30",
    "nothing in a cluster: addresses in a cluster are the cluster's",
    "take it out",
  ],
  [
    "workflows in a cluster",
    (s) => onCluster(s, { workflows: { auth: ["/mail/login"] } }),
    "sluice:services.mail.workflows",
    "a map of auth",
    "nothing in a cluster: the host's edge counts them",
    "take it out",
  ],
  [
    "a throughput floor in a cluster",
    (s) => onCluster(s, { throughputFloor: 10 }),
    "sluice:services.mail.throughputFloor",
    "10",
    "nothing in a cluster: the host's edge measures it",
    "take it out",
  ],
  [
    "a slot that is built in a cluster",
    (s) => onCluster(s, { blue: { build: "images/mail" } }),
    "sluice:services.mail.blue.build",
    '"images/mail"',
    "nothing in a cluster: its nodes pull images",
    "push the image to a registry that the cluster reads, and name it in `image`, best by digest",
  ],
  [
    "a closed network on a host",
    (s) => (s.services.web.talksTo = ["business"]),
    "sluice:services.web.talksTo",
    "a list of 1",
    "nothing on a Docker host: its network is open",
    "take it out, or write `target: kubernetes`",
  ],
  [
    "a service in a cluster that talks with one on the host",
    (s) => onCluster(s, { talksTo: ["web"] }),
    "sluice:services.mail.talksTo[0]",
    '"web"',
    "a workload or service of the cluster: business, mail, slim, validators",
    "declare it, or take it off the list",
  ],
  [
    "two services of the cluster on one route",
    (s) => {
      onCluster(s, { route: "/mail" });
      s.services.post = structuredClone(s.services.mail);
    },
    "sluice:services.post.route",
    '"/mail"',
    'a route of its own; mail has "/mail"',
    "for example /post",
  ],
  [
    "a route without a gateway",
    (s) => {
      delete s.cluster.gateway;
      onCluster(s, { route: "/mail" });
    },
    "sluice:services.mail.route",
    '"/mail"',
    "no route, while the cluster has no `gateway`",
    "name the gateway in `sluice:cluster.gateway`, or take the route out",
  ],
  [
    "a mesh without a gateway",
    (s) => {
      delete s.cluster.gateway;
      s.cluster.mesh = "istio";
    },
    "sluice:cluster.mesh",
    "istio",
    "none, while the cluster has no `gateway`",
    "name Istio's Gateway in `sluice:cluster.gateway`, or take `mesh` out",
  ],
  [
    "a gateway without a name",
    (s) => delete s.cluster.gateway.name,
    "sluice:cluster.gateway.name",
    "nothing",
    "the name of a Gateway",
    "add it, or remove `gateway`",
  ],
  [
    "a kubeconfig that is not there",
    (s) => (s.cluster.kubeconfig = "kubeconfig"),
    "sluice:cluster.kubeconfig",
    '"kubeconfig"',
    SECRETS,
    "npm run pulumi -- config set --secret --path 'sluice:secrets.kubeconfig'",
  ],
  [
    "a pull secret that is not there, without showing it",
    (s) => (s.cluster.pullSecret = "hunter2"),
    "sluice:cluster.pullSecret",
    "a name that is not there",
    SECRETS,
    "npm run pulumi -- config set --secret --path 'sluice:secrets.<name>'",
  ],
  [
    "a workload's secret that is not there",
    (s) => s.cluster.workloads.business.secrets.push("mail-key"),
    "sluice:cluster.workloads.business.secrets[1]",
    '"mail-key"',
    SECRETS,
    "npm run pulumi -- config set --secret --path 'sluice:secrets.mail-key'",
  ],
  [
    "a namespace in capitals",
    (s) => (s.cluster.namespace = "Shop"),
    "sluice:cluster.namespace",
    '"Shop"',
    "1 to 63 lower-case letters, digits, `-`, starting with a letter",
    "set it to 1 to 63 lower-case letters, digits, `-`, starting with a letter, for example network",
  ],
  [
    "storage without a name for it",
    (s) => delete s.cluster.storageClass,
    "sluice:cluster.storageClass",
    "nothing",
    "a name, where there is `storage`",
    "name the kind of disk that `storage` declares, for example fast",
  ],
  [
    "snapshots without a driver",
    (s) => {
      delete s.cluster.storage;
    },
    "sluice:cluster.snapshots.driver",
    "nothing",
    "the name of a CSI driver, where `storage` names none",
    "add it, for example ebs.csi.aws.com",
  ],
  [
    "snapshots without an image",
    (s) => delete s.cluster.snapshots.image,
    "sluice:cluster.snapshots.image",
    "nothing",
    IMAGE,
    "add one that has `kubectl` and a shell",
  ],
  [
    "a schedule of four fields",
    (s) => (s.cluster.snapshots.schedule = "0 3 * *"),
    "sluice:cluster.snapshots.schedule",
    '"0 3 * *"',
    "five cron fields, UTC where no time zone is named",
    "set it to five cron fields, UTC where no time zone is named, for example 0 */6 * * *",
  ],
  [
    "a job without a schedule",
    (s) => delete s.cluster.jobs.nightly.schedule,
    "sluice:cluster.jobs.nightly.schedule",
    "nothing",
    "five cron fields",
    "say when, for example 0 3 * * *",
  ],
  [
    "a user for logs without a password",
    (s) => (s.cluster.logs.user = "sluice"),
    "sluice:cluster.logs.passwordSecret",
    "nothing",
    "`user` and `passwordSecret` together",
    "add it, or remove `user`",
  ],
  [
    "discovery without servers",
    (s) => (s.cluster.discovery.servers = []),
    "sluice:cluster.discovery.servers",
    "nothing",
    "at least one server",
    "name Consul's servers, or remove `discovery`",
  ],
  [
    "a workload named as a service",
    (s) => {
      onCluster(s);
      s.cluster.workloads.mail = structuredClone(s.cluster.workloads.slim);
    },
    "sluice:cluster.workloads.mail",
    '"mail"',
    "a name of its own; the service mail has it",
    "for example mail-2",
  ],
  [
    "a service named as something of Sluice's own",
    (s) => {
      onCluster(s);
      s.services.consul = s.services.mail;
      delete s.services.mail;
    },
    "sluice:services.consul",
    '"consul"',
    "any name but default, default-deny, allow-dns, registry, snapshots, logs, logs-lifecycle, consul, cluster: those are Sluice's own",
    "for example consul-app",
  ],
  [
    "a workload named as another one's load balancer",
    (s) => (s.cluster.workloads["business-public"] = structuredClone(s.cluster.workloads.slim)),
    "sluice:cluster.workloads.business-public",
    '"business-public"',
    "a name of its own; the load balancer of workloads.business has it",
    "for example business-public-2",
  ],
  [
    "a namespace that is too long for that of the logs",
    (s) => (s.cluster.namespace = `n${"a".repeat(58)}`),
    "sluice:cluster.namespace",
    `"n${"a".repeat(58)}"`,
    "at most 58 characters beside `logs`, whose namespace has `-logs` at its end",
    "for example naaaaaaaaaaaaaaaaaaa",
  ],
  [
    "a workload named as a slot",
    (s) => {
      onCluster(s);
      s.cluster.workloads["mail-green"] = structuredClone(s.cluster.workloads.slim);
    },
    "sluice:cluster.workloads.mail-green",
    '"mail-green"',
    "a name of its own; the service mail has it",
    "for example mail-green-2",
  ],
  [
    "a job named as a workload",
    (s) => (s.cluster.jobs.slim = structuredClone(s.cluster.jobs.nightly)),
    "sluice:cluster.jobs.slim",
    '"slim"',
    "a name of its own; workloads.slim has it",
    "for example slim-2",
  ],
  [
    "a Prometheus that is nowhere",
    (s) => delete prometheus(s).url,
    "sluice:cluster.prometheus.url",
    "nothing",
    "an http(s) address",
    "add it, for example https://prometheus.example.com",
  ],
  [
    "a Prometheus that anybody on the way may speak for",
    (s) => prometheus(s, { url: "http://prometheus.example.com:9090" }),
    "sluice:cluster.prometheus.url",
    '"http://prometheus.example.com:9090"',
    "https, or http on this machine's loopback address: what decides on a release must come from where it says",
    "for example https://prometheus.example.com:9090, or forward its port: http://127.0.0.1:9090",
  ],
  [
    "a login in the address of Prometheus",
    (s) => prometheus(s, { url: `https://${LOGIN}@prometheus.example.com` }),
    "sluice:cluster.prometheus.url",
    '"https://[secret]@prometheus.example.com"',
    "an http(s) address without a login in it",
    "set it to an http(s) address without a login in it, for example https://prometheus.example.com",
  ],
  [
    "a user of Prometheus without a password",
    (s) => prometheus(s, { user: "sluice" }),
    "sluice:cluster.prometheus.passwordSecret",
    "nothing",
    "both of `user` and `passwordSecret`, or neither",
    "add `passwordSecret`",
  ],
  [
    "two ways to sign in to Prometheus",
    (s) => prometheus(s, { user: "sluice", passwordSecret: "payment-key", tokenSecret: "payment-key" }),
    "sluice:cluster.prometheus.tokenSecret",
    "a token, beside `user` and `passwordSecret`",
    "one way to sign in",
    "take `tokenSecret` out, or `user` and `passwordSecret`",
  ],
  [
    "a token of Prometheus that is not there",
    (s) => prometheus(s, { tokenSecret: "prometheus-token" }),
    "sluice:cluster.prometheus.tokenSecret",
    "a name that is not there",
    SECRETS,
    "npm run pulumi -- config set --secret --path 'sluice:secrets.<name>'",
  ],
  [
    "a password of Prometheus that is not there",
    (s) => prometheus(s, { user: "sluice", passwordSecret: "prometheus-password" }),
    "sluice:cluster.prometheus.passwordSecret",
    "a name that is not there",
    SECRETS,
    "npm run pulumi -- config set --secret --path 'sluice:secrets.<name>'",
  ],
  [
    "a metric that can be none",
    (s) => prometheus(s, { names: { requests: "sum(istio_requests_total)" } }),
    "sluice:cluster.prometheus.names.requests",
    '"sum(istio_requests_total)"',
    "the name of a metric",
    "set it to the name of a metric, for example istio_requests_total",
  ],
  [
    "a label that can be none",
    (s) => prometheus(s, { names: { where: { "a-b": "c" } } }),
    "sluice:cluster.prometheus.names.where.a-b",
    '"a-b"',
    "letters, digits, `_`, not starting with a digit",
    "for example reporter",
  ],
  [
    "a Prometheus that looks too seldom",
    (s) => prometheus(s, { scrapeSeconds: 3600 }),
    "sluice:cluster.prometheus.scrapeSeconds",
    "3600",
    "a whole number of seconds from 1 to 300",
    "set it to a whole number of seconds from 1 to 300, for example 15",
  ],
];

/** The cluster's Prometheus, spoiled. */
function prometheus(s: Raw, more: Raw = {}): Raw {
  s.cluster.prometheus = { url: "https://prometheus.example.com", ...more };
  return s.cluster.prometheus;
}
