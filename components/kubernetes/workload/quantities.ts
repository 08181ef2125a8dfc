import type { Amount } from "./spec.ts";

/** CPUs as Kubernetes itself spells them: any other spelling would come back changed, and be a difference at every update. */
export const cpuQuantity = (cpus: number): string => (Number.isInteger(cpus) ? `${cpus}` : `${Math.round(cpus * 1000)}m`);

/** MiB as Kubernetes spells them: whole Gi where there are any. */
export const memoryQuantity = (memoryMb: number): string => (memoryMb % 1024 === 0 ? `${memoryMb / 1024}Gi` : `${memoryMb}Mi`);

export const quantities = ({ cpus, memoryMb }: Amount): { cpu: string; memory: string } => ({
  cpu: cpuQuantity(cpus),
  memory: memoryQuantity(memoryMb),
});
