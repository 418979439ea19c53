import { TrainerClient } from "@trainer/client";
import { z } from "zod";
import { UsageError } from "../errors.js";
import type { Io } from "../io.js";
import { served } from "../served.js";

/** The system that a command line works with in place of this machine. */
export interface Server {
  readonly client: TrainerClient;
  readonly url: string;
  /** What to add to a proposed command so that it finds the same system. */
  readonly flag: string;
}

const Url = z.url({ protocol: /^https?$/ });

/**
 * The system at `url`. Its key is TRAINER_API_KEY, else the one that `trainer serve` has made for this home.
 * @throws UsageError for what is no address
 */
export function serverAt(url: string, env: Io["env"], home: string): Server {
  if (!Url.safeParse(url).success) throw new UsageError(`--server ${url}: must be http://… or https://…`);
  const apiKey = env["TRAINER_API_KEY"] || env["SECURITY__API_KEY"] || served(home).apiKey;
  return { client: new TrainerClient({ url, apiKey }), url, flag: ` --server ${url}` };
}
