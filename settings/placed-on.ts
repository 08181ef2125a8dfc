import { text } from "./field.ts";

/** 16 characters: with the longest estate's name, its exporter's name stays below the 63 that Docker's DNS takes. */
export const HOST_NAME = /^[a-z][a-z0-9-]{0,15}$/;

/** Where something runs, in an estate of several hosts. @param what what does, with its verb */
export const placedOn = (what: string) =>
  text(HOST_NAME, {
    means: `Host that ${what} on.`,
    allowed: "a name from sluice:hosts, or main",
    example: "east",
    whenAbsent: "`main`, the one of `sluice:host`",
  }).optional();
