export function formatAge(seconds: number): string;
export function topOf(values: readonly number[], least: number): number;
export function pathOf(frame: Frame, points: readonly Point[], gap: number): string;
export function nearest(points: readonly Point[], at: number, reach: number): Point | undefined;
export function describeLine(points: readonly Point[], format: (value: number) => string): string;
export function formatRate(value: number): string;
export function formatRatio(value: number): string;
export function formatSeconds(value: number): string;
export function xOf({ from, to, box }: Frame, at: number): number;
export function yOf({ highest, box }: Frame, value: number): number;
export function atOf({ from, to, box }: Frame, x: number): number;
export type Point = {
  readonly at: number;
  readonly value: number;
};
export type Box = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};
export type Frame = {
  readonly from: number;
  readonly to: number;
  readonly highest: number;
  readonly box: Box;
};
