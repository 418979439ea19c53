import { DataBankClient } from "@trainer/client/data-bank";
import { ProgressLine } from "../display/progress-line.js";
import { formatBytes } from "../display/quantity.js";
import type { Io } from "../process/io.js";
import type { Output } from "../display/output.js";
import { ANY, keyFor } from "./key-for.js";
import { served, type Place } from "./serve-record.js";

/** Large files are hashed and synced before the answer comes. */
const TIMEOUT_MS = 600_000;

interface FilesPlace extends Place {
  /** Overrides the environment's. */
  readonly url?: string | undefined;
}

/** The file service that was named, or the one that `trainer serve` runs for the home; null where there is neither. */
export function knownFilesService({ home, io: { env }, out, url }: FilesPlace): DataBankClient | null {
  const { dataBank } = served(home);
  const gateway = env["API_GATEWAY_URL"] ? `${env["API_GATEWAY_URL"]}/data-bank` : undefined;
  const configured = gateway ?? (env["APP__DATA_BANK_API_URL"] || undefined);
  const at = url ?? configured ?? dataBank.url;
  if (at === undefined) return null;
  const given = { key: env["APP__DATA_BANK_API_KEY"], url: configured ?? ANY };
  return new DataBankClient({ url: at, apiKey: keyFor(at, [given, dataBank], out), timeoutMs: TIMEOUT_MS });
}

/** The same; where nothing is known, one on this machine. */
export const filesService = (place: FilesPlace): DataBankClient =>
  knownFilesService(place) ?? new DataBankClient({ url: "http://127.0.0.1:8001", timeoutMs: TIMEOUT_MS });

/** Runs a transfer with a line of progress, speed and ETA. */
export async function withProgress<T>(
  io: Io,
  out: Output,
  name: string,
  transfer: (onProgress: (at: { bytes: number; totalBytes: number }) => void) => Promise<T>,
): Promise<T> {
  const line = new ProgressLine(io, out);
  try {
    return await transfer(({ bytes, totalBytes }) =>
      line.update(`${name} (${formatBytes(totalBytes)})`, bytes / totalBytes),
    );
  } finally {
    line.clear();
  }
}
