import { DataBankClient } from "@trainer/client/data-bank";
import { ProgressLine } from "../display/progress-line.js";
import { formatBytes } from "../display/quantity.js";
import type { Io } from "../io.js";
import type { Output } from "../output.js";

/** Large files are hashed and synced before the answer comes. */
const TIMEOUT_MS = 600_000;

export function filesService(url: string | undefined, env: Io["env"]): DataBankClient {
  const gateway = env["API_GATEWAY_URL"] ? `${env["API_GATEWAY_URL"]}/data-bank` : "";
  const apiKey = env["APP__DATA_BANK_API_KEY"] || undefined;
  return new DataBankClient({
    url: url ?? (gateway || env["APP__DATA_BANK_API_URL"] || "http://127.0.0.1:8001"),
    apiKey,
    timeoutMs: TIMEOUT_MS,
  });
}

/** Runs a transfer with a line that says how far it is, how fast, and how long it will take. */
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
