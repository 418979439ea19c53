import { totalmem } from "node:os";

/**
 * The most memory that this process may ever have, in bytes: all there is of the machine, or of its control group, not what
 * is free now, since other programs may end. A machine without a limit for the process gives 0 as one.
 */
export const memoryBytes = (limit = process.constrainedMemory(), total = totalmem()): number =>
  limit === 0 ? total : Math.min(total, limit);
