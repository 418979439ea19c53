import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { makeFolder, unlessAbsent, writeJson } from "@trainer/disk";
import { devices, libtorchVersion, measuredProducts, measureProducts } from "@trainer/torch";
import { cacheFolder } from "@trainer/torch/libtorch";
import { z } from "zod";
import type { Compute } from "./precision.js";

const Kept = z.object({ products: z.array(z.string().regex(/^[nt]{2}( \d{1,9}){3} (onednn|mkl)$/)) });

/**
 * Measures a run's float32 products on the CPU until it is disposed of. A run that was resumed keeps to the libraries that
 * its checkpoint names, and to none where it names none; another begins with what this machine has measured before.
 */
export async function measuringProducts(
  { device }: Pick<Compute, "device">,
  threads: number,
  saved: { readonly products: readonly string[] | null } | null,
): Promise<Disposable> {
  const isWanted = device === "cpu" && process.env["TRAINER_MEASURE_PRODUCTS"] !== "0";
  if (saved !== null) measureProducts(saved.products);
  else measureProducts(isWanted ? await kept(threads) : null);
  return { [Symbol.dispose]: () => measureProducts(null) };
}

/** Keeps what was measured for this machine's next runs; shapes that are kept already stay as they are. */
export async function keepProducts(threads: number): Promise<void> {
  const now = measuredProducts();
  if (now === null) return;
  const before = await kept(threads);
  const shapes = new Set(before.map(shapeOf));
  const added = now.filter((line) => !shapes.has(shapeOf(line)));
  if (added.length === 0) return;
  try {
    await makeFolder(folder());
    await writeJson(fileOf(threads), { cpu: cpuOf(), threads, products: [...before, ...added] });
  } catch {
    return; // a cache that cannot be written is measured anew by the next run
  }
}

/** Shapes that are kept; a damaged file is as good as none. */
async function kept(threads: number): Promise<readonly string[]> {
  const text = await unlessAbsent(readFile(fileOf(threads), "utf8"));
  if (text === null) return [];
  try {
    return Kept.parse(JSON.parse(text)).products;
  } catch {
    return [];
  }
}

const shapeOf = (line: string): string => line.slice(0, line.lastIndexOf(" "));
const cpuOf = (): string => `${[...new Set(cpus().map(({ model }) => model))].join()}, ${devices().cpu.capability}`;
const folder = (): string => join(cacheFolder(), "products");

/** All that the last bits of a sum depend on, here and now. */
export const arithmeticOf = (threads: number): string => `${cpuOf()} ${threads} ${libtorchVersion()}`;

/** By all that a measurement depends on. */
function fileOf(threads: number): string {
  const key = createHash("sha256").update(arithmeticOf(threads)).digest("hex").slice(0, 12);
  return join(folder(), `cpu-${key}.json`);
}
