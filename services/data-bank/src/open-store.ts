import { AppError } from "@trainer/platform";
import { z } from "zod";
import type { BlobStore } from "./store.js";
import { storeKind, type Scrubbable, type StoreConfig } from "./stores.js";

/**
 * The store that the configuration names.
 * @throws AppError CONFIG_ERROR, or what the store says, in one sentence
 */
export async function openStore(config: StoreConfig): Promise<BlobStore> {
  const kind = storeKind(config.store.name);
  return opened(kind.name, async () => {
    const store = await kind.open(config);
    StoreShape.parse(store); // a plugin's may be anything
    return store;
  });
}

/** The same, to look it over without a service. */
export async function inspectStore(config: StoreConfig): Promise<Scrubbable> {
  const { name, inspect } = storeKind(config.store.name);
  return inspect === undefined ? openStore(config) : opened(name, () => inspect(config));
}

async function opened<T>(name: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof AppError || (error instanceof Error && "syscall" in error)) throw error; // is a sentence
    throw new AppError("CONFIG_ERROR", `the store ${name} cannot be opened: ${problemOf(error)}`, { cause: error });
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof z.ZodError))
    return String(error instanceof Error ? error.message : error).replaceAll("\n", " ");
  return error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`).join("; ");
}

const method = z.custom((value) => typeof value === "function", "must be a function");
const StoreShape = z.looseObject({
  place: z.string(),
  put: method,
  info: method,
  read: method,
  remove: method,
  trouble: method,
  removeCutOff: method,
  scrub: method,
});
