import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { openRedis } from "@trainer/platform/redis";
import { z } from "zod";

/** Starts a Redis that writes down what it is told; resolves once it has read its data. */
export async function startRedis(dir: string, port: number, more: readonly string[] = []): Promise<ChildProcess> {
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "yes"];
  const server = spawn("redis-server", [...args, ...more], { stdio: "ignore" });
  const probe = openRedis(redisUrl(port));
  while (!(await probe.ping().then(Boolean, () => false))) await sleep(50);
  probe.disconnect();
  return server;
}

export const redisUrl = (port: number): string => `redis://127.0.0.1:${port}/0`;

/** Ends a process that may have ended. */
export async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  await new Promise((closed) => server.close(closed));
  return port;
}
