import { InvalidArgumentError } from "commander";

/** Parser of an option that is a whole number, both ends allowed. @throws InvalidArgumentError with what is allowed */
export function whole(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < from || number > to)
      throw new InvalidArgumentError(`Allowed: a whole number from ${from} to ${to}.`);
    return number;
  };
}
