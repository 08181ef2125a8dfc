import type { Case } from "../settings.ts";

const WEIGHT_FIX = "set it to a whole number from 0 to 100, for example 10";

/** Ways to spoil the settings of traffic. */
export const traffic: Case[] = [
  ["an unknown slot", (s) => (s.services.api.active = "gren"), "sluice:services.api.active", '"gren"', "blue or green", "write green"],
  [
    "no slot's name at all",
    (s) => (s.services.api.active = "purple"),
    "sluice:services.api.active",
    '"purple"',
    "blue or green",
    "set it to blue or green, for example blue",
  ],
  [
    "an active slot that is not declared",
    (s) => (s.services.web.active = "blue"),
    "sluice:services.web.active",
    "blue",
    "a declared slot: green",
    "declare `blue`, or write `active: green`",
  ],
  [
    "a service without slots",
    (s) => delete s.services.web.green,
    "sluice:services.web.active",
    "green",
    "a declared slot; there is none",
    "declare `green` with `image` or `build`",
  ],
  [
    "a weight above 100",
    (s) => (s.services.api.canaryWeight = 130),
    "sluice:services.api.canaryWeight",
    "130",
    "a whole number from 0 to 100",
    WEIGHT_FIX,
  ],
  [
    "a weight below 0",
    (s) => (s.services.api.canaryWeight = -1),
    "sluice:services.api.canaryWeight",
    "-1",
    "a whole number from 0 to 100",
    WEIGHT_FIX,
  ],
  [
    "half a percent",
    (s) => (s.services.api.canaryWeight = 0.5),
    "sluice:services.api.canaryWeight",
    "0.5",
    "a whole number from 0 to 100",
    WEIGHT_FIX,
  ],
  [
    "a weight in quotes",
    (s) => (s.services.api.canaryWeight = "10"),
    "sluice:services.api.canaryWeight",
    '"10"',
    "a whole number from 0 to 100",
    "write it without quotes in the stack file: 10 (`config set` would keep the quotes)",
  ],
  [
    "a canary without a slot",
    (s) => (s.services.web.canaryWeight = 5),
    "sluice:services.web.canaryWeight",
    "5",
    "0 while the other slot, blue, is not declared",
    "declare `blue`, or write `canaryWeight: 0`",
  ],
  [
    "one release name for two images",
    (s) => Object.assign(s.services.api.green, { build: "images/other", release: "v1" }),
    "sluice:services.api.green.release",
    '"v1"',
    "another name than blue's, because blue runs another image",
    "give each release its own name",
  ],
];
