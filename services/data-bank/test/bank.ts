import { createHash } from "node:crypto";
import { readdirSync, rmSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import type { Env } from "@trainer/platform";
import { scratchPath as newFolder } from "@trainer/testing";
import { afterAll } from "vitest";
import { dataBankConfig } from "../src/config.js";
import { startDataBank, type DataBankHooks } from "../src/start.js";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder for the tests of a file. */
export function scratch(): string {
  const folder = newFolder("data-bank");
  folders.push(folder);
  return folder;
}

export const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly json: unknown;
}

/** One request over a connection of its own, with headers exactly as they are given. */
export function ask(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method, headers, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("error", reject);
      res.on("end", () => {
        const whole = Buffer.concat(chunks);
        const isJson = res.headers["content-type"]?.startsWith("application/json") ?? false;
        const json: unknown = isJson && whole.length > 0 ? JSON.parse(whole.toString()) : null;
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: whole, json });
      });
    });
    req.on("error", reject);
    req.end(body);
  });
}

export const BOUNDARY = "----a-boundary";

/** A multipart form with one file in it, as bytes. */
export function form(content: string | Uint8Array, type: string | null = "text/plain", name = "file"): Buffer {
  const header = type === null ? "" : `Content-Type: ${type}\r\n`;
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="a.txt"\r\n${header}\r\n`),
    Buffer.from(content),
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
}

export const FORM_TYPE = { "content-type": `multipart/form-data; boundary=${BOUNDARY}` };

/** The real service over a folder of its own, on a free port. */
export async function startBank(env: Env = {}, hooks: DataBankHooks = {}) {
  const logs: string[] = [];
  const config = dataBankConfig({ PORT: "0", MIN_FREE_GB: "0", DATA_ROOT: env["DATA_ROOT"] ?? scratch(), ...env });
  const bank = await startDataBank(config, { log: { write: (line) => logs.push(line) }, ...hooks });
  return {
    url: bank.url,
    root: config.root,
    logs,
    upload: (content: string | Uint8Array, type?: string | null, headers: Record<string, string> = {}) =>
      ask(`${bank.url}/files`, { method: "POST", headers: { ...FORM_TYPE, ...headers }, body: form(content, type) }),
    get: (path: string, headers: Record<string, string> = {}) => ask(bank.url + path, { headers }),
    head: (path: string, headers: Record<string, string> = {}) => ask(bank.url + path, { method: "HEAD", headers }),
    remove: (id: string, headers: Record<string, string> = {}) =>
      ask(`${bank.url}/files/${id}`, { method: "DELETE", headers }),
    /** All files in the store's folder, sorted. */
    files: () => filesIn(config.root),
    async [Symbol.asyncDispose]() {
      await bank[Symbol.asyncDispose]();
    },
  };
}

export type Bank = Awaited<ReturnType<typeof startBank>>;

export const filesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
