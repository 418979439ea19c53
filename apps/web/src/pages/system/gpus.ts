import type { SystemInfo } from "@trainer/platform/browser";
import { bytes } from "../../parts/figures.js";

type Engine = NonNullable<NonNullable<NonNullable<SystemInfo["workers"]>[number]["presence"]>["engine"]>;

/** The GPUs that a worker computes on, with their memory; "" for none. */
export const gpusIn = ({ gpus }: Engine): string =>
  gpus.map(({ name, memory_bytes: memory }) => (memory === null ? name : `${name} (${bytes(memory)})`)).join(", ");

/** The GPUs of the service's own machine, as its workers tell: the service itself does not look for any. */
export function gpusOf({ workers, machine }: SystemInfo): string {
  const engines = (workers ?? []).flatMap(({ presence }) =>
    presence?.host === machine.host && presence.engine !== null ? [presence.engine] : [],
  );
  const [first] = engines;
  if (first === undefined) return "Not known until a worker runs here and has told";
  const found = engines.map(gpusIn).find((gpus) => gpus !== "");
  if (found !== undefined) return found;
  return first.no_gpu === null ? "None" : `None (${first.no_gpu})`;
}
