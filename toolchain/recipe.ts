// How the engine is built. This file is part of the cache key: a change here makes every machine build anew.
import { join } from "node:path";
import { PINNED } from "./versions.ts";

/** The Go module that the language host and its scripts are in. */
export const PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3";

/** One program of the engine, built from a Go module beside this file. */
export interface Build {
  readonly title: string;
  /** What to expect on two cores with an empty Go cache. */
  readonly typical: string;
  /** Folder with its go.mod. */
  readonly module: string;
  readonly package: string;
  readonly output: string;
  /** Sets a version inside the program: `-X` of Go's linker. */
  readonly set: string;
  readonly tags?: string;
}

export const CLI: Build = {
  title: `building the Pulumi CLI ${PINNED.pulumi}`,
  typical: "2 to 5 minutes",
  module: "cli",
  package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  output: "pulumi",
  set: `${PULUMI_SDK}/go/common/version.Version=v${PINNED.pulumi}`,
};

export const LANGUAGE_HOST: Build = {
  title: "building its Node.js host",
  typical: "half a minute",
  module: "langhost",
  package: `${PULUMI_SDK}/nodejs/cmd/pulumi-language-nodejs`,
  output: "language-nodejs", // not the name the CLI looks for: that is the script below
  set: `${PULUMI_SDK}/go/common/version.Version=v${PINNED.languageHost}`,
};

export const PLUGINS: Readonly<Record<keyof typeof PINNED.plugins, Build>> = {
  docker: {
    title: `building the docker plugin ${PINNED.plugins.docker}`,
    typical: "2 to 4 minutes",
    module: "docker-plugin",
    package: ".",
    output: "pulumi-resource-docker",
    set: `main.version=${PINNED.plugins.docker}`,
    // docker_compose is not in @pulumi/docker, and brings a great deal of code.
    tags: "no_compose",
  },
  command: {
    title: `building the command plugin ${PINNED.plugins.command}`,
    typical: "half a minute",
    module: "command-plugin",
    package: ".",
    output: "pulumi-resource-command",
    set: `main.version=${PINNED.plugins.command}`,
  },
};

/**
 * For a program that lives for two seconds: no optimising compiler, and room for what it makes before the first garbage is collected.
 * Together a twentieth of an `up` (docs/performance.md).
 */
const NODE_ARGUMENTS = "--max-opt=2 --min-semi-space-size=16";

/**
 * What the CLI finds as its Node.js host. This age of the host takes the project's runtime options as flags, the CLI sends them another
 * way: `typescript: false` would get lost, and every run would load a TypeScript compiler that it does not need.
 */
export const HOST_SCRIPT = {
  name: "pulumi-language-nodejs",
  text: `#!/bin/sh\nexec "\${0%/*}/${LANGUAGE_HOST.output}" -typescript=false -nodeargs="${NODE_ARGUMENTS}" "$@"\n`,
};

/** The arguments of `go` that build one program into `folder`. */
export function goArguments(what: Build, folder: string): string[] {
  return [
    "build",
    // Nothing may change what is pinned, and the result says nothing about this machine.
    ...["-mod=readonly", "-trimpath", "-buildvcs=false"],
    ...(what.tags === undefined ? [] : ["-tags", what.tags]),
    ...["-ldflags", `-s -w -X ${what.set}`],
    ...["-o", join(folder, what.output), what.package],
  ];
}
