import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TrainerClient } from "@trainer/client";
import { z } from "zod";
import { UsageError } from "../errors.js";
import type { Io } from "../io.js";

/** The system that a command line works with in place of this machine. */
export interface Server {
  readonly client: TrainerClient;
  readonly url: string;
  /** What to add to a proposed command so that it finds the same system. */
  readonly flag: string;
}

const Url = z.url({ protocol: /^https?$/ });
const Keys = z.object({ api_key: z.string() });

/**
 * The system at `url`. Its key is TRAINER_API_KEY, else the one that `trainer serve` has made for this home.
 * @throws UsageError for what is no address
 */
export function serverAt(url: string, env: Io["env"], home: string): Server {
  if (!Url.safeParse(url).success) throw new UsageError(`--server ${url}: must be http://… or https://…`);
  const apiKey = env["TRAINER_API_KEY"] || env["SECURITY__API_KEY"] || keyOf(home);
  return { client: new TrainerClient({ url, apiKey }), url, flag: ` --server ${url}` };
}

function keyOf(home: string): string | undefined {
  try {
    return Keys.parse(JSON.parse(readFileSync(join(home, "keys.json"), "utf8"))).api_key;
  } catch {
    return undefined;
  }
}
