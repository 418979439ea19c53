import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { fetchValkey } from "../../../scripts/valkey.js";
import { scratchPath } from "./scratch.js";

export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  /** Up again after a `kill`, on the same port, with what had been written. */
  start(): Promise<void>;
  /** It lives, but answers nobody until `resume`. */
  pause(): void;
  resume(): void;
}

/** A redis-server of its own, on a free port, with its files in a temporary folder. */
export async function startRedis(): Promise<RedisServer> {
  const dir = scratchPath("redis");
  const port = await freePort();
  let server = await launch(dir, port);
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
  };
  return {
    url: `redis://127.0.0.1:${port}/0`,
    port,
    kill,
    start: async () => void (server = await launch(dir, port)),
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    [Symbol.asyncDispose]: kill,
  };
}

async function launch(dir: string, port: number): Promise<ChildProcess> {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes"];
  const server = spawn(await findProgram(), [...args, "--appendfsync", "always"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const failed = once(server, "error").then(([error]) => {
    throw new Error(`the Redis of the tests does not start: ${error}`);
  });
  await Promise.race([ready(server), failed]);
  return server;
}

/** An installed server, else Valkey's, which is fetched once for all checkouts. */
export async function findProgram(path = process.env["PATH"] ?? ""): Promise<string> {
  const names = ["redis-server", "valkey-server"];
  const there = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return there.find((program) => existsSync(program)) ?? (await fetchValkey());
}

async function ready({ stdout }: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<void> {
  for await (const line of createInterface(stdout)) if (line.includes("Ready to accept connections")) break;
  stdout.resume();
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("a socket without a port");
  return address.port;
}
