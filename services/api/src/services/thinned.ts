import { at } from "@trainer/disk";

/** At most so many items of a list, evenly over it, with the first and the last. */
export function thinned<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => at(items, Math.round((i * (items.length - 1)) / (most - 1))));
}
