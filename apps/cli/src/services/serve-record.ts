import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Output } from "../display/output.js";
import type { Io } from "../process/io.js";
import { isServed, serveFile } from "../serve/one-per-home.js";

/** A part by its address, with its process if it is one of the system's own. */
const Part = z.object({ url: z.url().optional(), pid: z.int().optional() }).default({});
const Parts = z.object({ api: Part, "data-bank": Part });
const Keys = z.object({ api_key: z.string().optional(), data_bank_key: z.string().optional() });

/** The context of a command that decides which services it uses, and with which keys. */
export interface Place {
  readonly home: string;
  readonly io: Pick<Io, "env">;
  readonly out: Pick<Output, "warn">;
}

/** A service of the system that `trainer serve` runs for a home. */
export interface Served {
  readonly url: string | undefined;
  /** The key that was made for it; undefined for a service that is not the home's own. */
  readonly key: string | undefined;
}

/**
 * The record of `trainer serve` for commands in the same home; all undefined without one. That of a killed one is
 * ignored: by now somebody else may listen there.
 */
export function served(home: string): { readonly api: Served; readonly dataBank: Served } {
  const parts = isServed(home) ? read(serveFile(home), Parts) : undefined;
  const keys = read(join(home, "keys.json"), Keys);
  const of = ({ url, pid }: z.output<typeof Part> = {}, key: string | undefined): Served => ({
    url,
    key: pid === undefined ? undefined : key,
  });
  return { api: of(parts?.api, keys?.api_key), dataBank: of(parts?.["data-bank"], keys?.data_bank_key) };
}

function read<S extends z.ZodType>(file: string, schema: S): z.output<S> | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}
