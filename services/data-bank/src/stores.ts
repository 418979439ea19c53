import { AppError } from "@trainer/platform";
import { z } from "zod";
import type { DataBankConfig } from "./config.js";
import { disk } from "./disk/kind.js";
import { s3 } from "./s3/kind.js";
import type { BlobStore } from "./store.js";

/** Parts of a store; `store.options` is the value of STORE_OPTIONS. */
export type StoreConfig = Pick<DataBankConfig, "store" | "root" | "minFreeBytes" | "s3">;

/** A kind of store, which STORE chooses by its name. */
export interface StoreKind {
  readonly name: string;
  open(config: StoreConfig): Promise<BlobStore>;
  /** The store for a scrub alone, without a service: nothing is made or tried there. Left out: as `open`. */
  inspect?(config: StoreConfig): Promise<Scrubbable>;
}

export type Scrubbable = Pick<BlobStore, "place" | "scrub">;

const kinds = new Map<string, StoreKind>();

/**
 * Makes a kind of store known to this process; the same one again changes nothing.
 * @throws AppError CONFIG_ERROR for a name that another kind has
 */
export function registerStore(kind: StoreKind): void {
  const known = kinds.get(kind.name);
  if (known !== undefined && known !== kind)
    throw new AppError("CONFIG_ERROR", `there is a store "${kind.name}" already: another needs another name`);
  kinds.set(kind.name, kind);
}
registerStore(disk);
registerStore(s3);

/** @throws AppError CONFIG_ERROR, which lists those there are */
export function storeKind(name: string): StoreKind {
  const kind = kinds.get(name);
  if (kind !== undefined) return kind;
  throw new AppError("CONFIG_ERROR", `STORE: there is no store "${name}"; there are ${[...kinds.keys()].join(", ")}`);
}

const method = z.custom((value) => typeof value === "function", "must be a function");
const KindShape = z.looseObject({ name: z.string().min(1), open: method, inspect: method.optional() });

/** Throws a ZodError that names what a kind of store lacks. */
export function assertStoreKind(value: unknown): asserts value is StoreKind {
  KindShape.parse(value);
}
