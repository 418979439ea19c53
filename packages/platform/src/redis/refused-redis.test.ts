import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { findProgram, freePort, scratchPath, startRedis } from "@trainer/testing";
import { expect, test } from "vitest";
import { z } from "zod";
import { openRedis } from "./open-redis.js";
import { refuseWrongRedis, requireRedis } from "./refused-redis.js";

/** A redis-server with settings of its own. */
async function started(...settings: string[]) {
  const port = await freePort();
  const common = ["--port", String(port), "--bind", "127.0.0.1", "--dir", scratchPath("redis"), "--save", ""];
  const server = spawn(await findProgram(), [...common, ...settings], { stdio: "ignore" });
  const url = (login = "", path = "/0") => `redis://${login}127.0.0.1:${port}${path}`;
  const up = openRedis(url());
  await up.ping().catch(() => {}); // NOAUTH is an answer too
  up.disconnect();
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await once(server, "exit");
    },
  };
}

/** What listens at a port of this machine. */
async function listening(server: Server) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    port,
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Answers as a server that says `info` of itself. */
const saying = (info: string) =>
  createServer((socket) =>
    socket.on("data", (data) => {
      for (const command of data
        .toString()
        .split(/^\*\d+\r$/m)
        .slice(1))
        socket.write(/^\$4\r\ninfo/im.test(command) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
    }),
  );

const refusal = (url: string) => refuseWrongRedis(url).then(() => null, String);

test("a Redis that wants a password says so, and which one is wrong is not repeated", async () => {
  await using redis = await started("--requirepass", "geheim");
  const address = redis.url();
  expect(await refusal(address)).toBe(
    `AppError: the Redis at ${address} cannot be used (it wants a password): put it into REDIS_URL, as in redis://:PASSWORD@HOST:PORT/0`,
  );
  for (const login of [":falsch@", "bob:falsch@"]) {
    const message = await refusal(redis.url(login));
    expect(message).toContain(`the Redis at ${address} cannot be used (it does not take this password): correct it`);
    expect(message).not.toContain("falsch");
  }
  expect(await refusal(redis.url(":geheim@"))).toBeNull();
});

test("of a read-only replica its primary is named, and one that takes writes is none", async () => {
  await using primary = await startRedis();
  await using replica = await started("--replicaof", "127.0.0.1", String(primary.port));
  expect(await refusal(replica.url())).toContain(
    `(it is a read-only replica): name its primary, 127.0.0.1:${primary.port}, in REDIS_URL`,
  );
  await using writable = await started("--replicaof", "127.0.0.1", String(primary.port), "--replica-read-only", "no");
  expect(await refusal(writable.url())).toBeNull();
});

test("a cluster, a database that is not there and a user who may do nothing are refused", async () => {
  await using cluster = await started("--cluster-enabled", "yes", "--cluster-port", String(await freePort()));
  expect(await refusal(cluster.url())).toContain("(it is a cluster): name one that is none");
  await using redis = await started("--user", "bob", "on", ">secret", "~*", "-@all", "+select", "+auth");
  expect(await refusal(redis.url("", "/99"))).toContain("(it has no database of this number): name another");
  expect(await refusal(redis.url("bob:secret@"))).toContain("(its user may not do what the queue needs)");
});

test("one that is too old says its version", async () => {
  using old = await listening(saying("# Server\r\nredis_version:4.0.14\r\n"));
  expect(await refusal(`redis://127.0.0.1:${old.port}/0`)).toContain("(it is version 4.0.14): take one from 5.0 on");
  using least = await listening(saying("# Server\r\nredis_version:5.0.0\r\n"));
  expect(await refusal(`redis://127.0.0.1:${least.port}/0`)).toBeNull();
});

test("what is no Redis is refused, and does not hold the process", async () => {
  using web = await listening(createHttp((_, reply) => reply.end("hello")));
  const began = performance.now();
  expect(await refusal(`redis://127.0.0.1:${web.port}/0`)).toContain(
    "(what answers there is no Redis): name a Redis's",
  );
  expect(performance.now() - began).toBeLessThan(60_000);
});

test("one that does not answer is waited for, for a while, and nothing is refused that may come", async () => {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}/0`;
  expect(await refusal(url)).toBeNull();
  await expect(requireRedis(url, 0, "start it")).rejects.toMatchObject({
    code: "CONFIG_ERROR",
    message: `the Redis at ${url} cannot be used (connect ECONNREFUSED 127.0.0.1:${port}): start it`,
  });
  const waiting = requireRedis(url, 30_000, "start it");
  const server = spawn(await findProgram(), ["--port", String(port), "--save", ""], { stdio: "ignore" });
  await waiting;
  server.kill("SIGKILL");
  await once(server, "exit");
});

test("silence is said to be silence, and where TLS was spoken, that", async () => {
  using silent = await listening(createServer());
  await expect(requireRedis(`redis://127.0.0.1:${silent.port}/0`, 0, "start it")).rejects.toThrow(
    "(it does not answer): start it",
  );
  await expect(requireRedis(`rediss://127.0.0.1:${silent.port}/0`, 0, "start it")).rejects.toThrow(
    "(it does not answer over TLS; without, its address is redis://): start it",
  );
});
