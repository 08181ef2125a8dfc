import { describe, expect, it } from "vitest";
import { parseSettings } from "../../settings/parse.ts";
import { type Case, goodSettings } from "../support/settings.ts";

const HEX = "a".repeat(64);
const IMAGE = "an image reference: [host/]path[:tag][@sha256:64 hex digits]";
const FOLDER = "a folder of this project, relative, without `..`";
const FILE = "a relative path of letters, digits, `.`, `_`, `-`, `/`, without `..`";
const FILE_FIX = "name the file as it should stand below /run/config/, for example app.json";

const slots: Case[] = [
  [
    "image and build",
    (s) => (s.services.api.blue.image = "a/b:1"),
    "sluice:services.api.blue",
    "both `image` and `build`",
    "one of `image`, `build`",
    "remove `build` to run the image as it is, or `image` to build it here",
  ],
  [
    "neither image nor build",
    (s) => delete s.services.api.blue.build,
    "sluice:services.api.blue",
    "neither `image` nor `build`",
    "one of `image`, `build`",
    "add `image: <reference>` or `build: <folder>`, or remove the slot",
  ],
  [
    "a short digest",
    (s) => (s.services.web.green.image = "a/b@sha256:123"),
    "sluice:services.web.green.image",
    '"a/b@sha256:123"',
    IMAGE,
    "a digest is sha256: and 64 hex digits; this one has 3. Copy it whole from the registry",
  ],
  [
    "an image with a scheme",
    (s) => (s.services.web.green.image = `https://ghcr.io/a/b@sha256:${HEX}`),
    "sluice:services.web.green.image",
    `"https://ghcr.io/a/b@sha256:${"a".repeat(51)}…`,
    IMAGE,
    `leave out the scheme: ghcr.io/a/b@sha256:${HEX}`,
  ],
  [
    "an image in capitals",
    (s) => (s.services.web.green.image = "ghcr.io/Example/web:1"),
    "sluice:services.web.green.image",
    '"ghcr.io/Example/web:1"',
    IMAGE,
    "use lower case: ghcr.io/example/web:1",
  ],
  [
    "a build folder outside the project",
    (s) => (s.services.api.blue.build = "../api"),
    "sluice:services.api.blue.build",
    '"../api"',
    FOLDER,
    `set it to ${FOLDER}, for example images/api`,
  ],
  [
    "an absolute build folder",
    (s) => (s.services.api.blue.build = "/etc"),
    "sluice:services.api.blue.build",
    '"/etc"',
    FOLDER,
    `set it to ${FOLDER}, for example images/api`,
  ],
  [
    "a release as a number",
    (s) => (s.services.api.blue.release = 20),
    "sluice:services.api.blue.release",
    "20",
    "1 to 64 letters, digits, `.`, `_`, `-`, as text",
    `write it in quotes: "20" (npm run pulumi -- config set --path --type string 'sluice:services.api.blue.release' 20)`,
  ],
  [
    "a release with a slash",
    (s) => (s.services.api.blue.release = "a/b"),
    "sluice:services.api.blue.release",
    '"a/b"',
    "1 to 64 letters, digits, `.`, `_`, `-`, as text",
    "set it to 1 to 64 letters, digits, `.`, `_`, `-`, as text, for example v2",
  ],
  [
    "nine replicas",
    (s) => (s.services.api.replicas = 9),
    "sluice:services.api.replicas",
    "9",
    "a whole number from 1 to 8",
    "set it to a whole number from 1 to 8, for example 2",
  ],
  [
    "no replica in a slot",
    (s) => (s.services.api.green.replicas = 0),
    "sluice:services.api.green.replicas",
    "0",
    "a whole number from 1 to 8",
    "set it to a whole number from 1 to 8, for example 2",
  ],
  [
    "an env value that is a map",
    (s) => (s.services.api.env.A = { b: 1 }),
    "sluice:services.api.env.A",
    "a map of b",
    "text, a whole number, true or false",
    "write it as text; a structure goes into the slot's `files`",
  ],
  [
    "an env value that loses zeros",
    (s) => (s.services.api.env.A = 1.5),
    "sluice:services.api.env.A",
    "1.5",
    "text, a whole number, true or false",
    'write it in quotes: "1.5"',
  ],
  [
    "an env name with a dash",
    (s) => (s.services.api.env["LOG-LEVEL"] = "x"),
    "sluice:services.api.env.LOG-LEVEL",
    '"LOG-LEVEL"',
    "letters, digits, `_`, not starting with a digit",
    "for example LOG_LEVEL",
  ],
  [
    "an env name of Sluice's",
    (s) => (s.services.api.blue.env = { SLUICE_SLOT: "x" }),
    "sluice:services.api.blue.env.SLUICE_SLOT",
    '"SLUICE_SLOT"',
    "a name that Sluice does not set itself",
    "remove it, or choose another name",
  ],
  [
    "PORT in env",
    (s) => (s.services.api.env.PORT = "1"),
    "sluice:services.api.env.PORT",
    '"PORT"',
    "a name that Sluice does not set itself",
    "remove it, or choose another name",
  ],
  [
    "POSTGRES_HOST in env",
    (s) => (s.services.api.env.POSTGRES_HOST = "x"),
    "sluice:services.api.env.POSTGRES_HOST",
    '"POSTGRES_HOST"',
    "a name that Sluice does not set itself",
    "remove it, or choose another name",
  ],
  [
    "a file above its folder",
    (s) => (s.services.api.green.files = { "../x": "" }),
    'sluice:services.api.green.files["../x"]',
    '"../x"',
    FILE,
    FILE_FIX,
  ],
  [
    "a file from the root",
    (s) => (s.services.api.green.files = { "/etc/x": "" }),
    'sluice:services.api.green.files["/etc/x"]',
    '"/etc/x"',
    FILE,
    FILE_FIX,
  ],
];

describe("settings of a slot", () => {
  it.each(slots)("refuse %s", (_what, change, path, received, allowed, fix) => {
    const raw = goodSettings();
    change(raw);
    expect(parseSettings(raw, { stack: "dev" })).toEqual({ problems: [{ path, received, allowed, fix }] });
  });
});
