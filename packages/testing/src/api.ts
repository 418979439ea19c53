import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { request as httpRequest, IncomingMessage, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { startApi, type ApiHooks, type ApiInput } from "@trainer/api";
import { ChatSessions, openRedis, Results, RunRecords, TokenizerRecords } from "@trainer/platform/redis";
import { parseJson } from "@trainer/platform";
import { Queue } from "bullmq";
import { z } from "zod";
import { startRedis } from "./redis-server.js";
import { scratchPath } from "./scratch.js";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Null for what is no JSON. */
  readonly json: unknown;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Text and bytes as they are, anything else as JSON. */
  readonly body?: unknown;
}

/** One request over a connection of its own; the answer once its head is there. */
export async function open(url: string, { method, headers = {}, body }: Asking = {}): Promise<IncomingMessage> {
  const text =
    body === undefined || typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body);
  const req = httpRequest(url, { method: method ?? (text === undefined ? "GET" : "POST"), headers, agent: false });
  const head = once(req, "response");
  req.end(text);
  return z.instanceof(IncomingMessage).parse((await head)[0]);
}

export async function ask(url: string, asking: Asking = {}): Promise<Answer> {
  const answer = await open(url, asking);
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += String(chunk);
  const isJson = answer.headers["content-type"]?.startsWith("application/json") ?? false;
  return { status: answer.statusCode ?? 0, headers: answer.headers, text, json: isJson ? parseJson(text) : null };
}

/** The real API before a real Redis, with a home of its own and nobody who does its jobs. */
export async function startSystem(input: Partial<ApiInput> = {}, hooks: ApiHooks = {}) {
  const root = scratchPath("api");
  mkdirSync(join(root, "corpus"), { recursive: true });
  const server = await startRedis();
  const redis = openRedis(server.url);
  const logs: string[] = [];
  const start = (more: Partial<ApiInput> = {}) =>
    startApi(
      { port: 0, redisUrl: server.url, artifactsRoot: root, dataRoot: root, pollMs: 20, ...input, ...more },
      { log: { write: (line) => logs.push(line) }, ...hooks },
    );
  const end = async () => {
    redis.disconnect();
    await server[Symbol.asyncDispose]();
    rmSync(root, { recursive: true, force: true });
  };
  const api = await start().catch(async (error: unknown) => {
    await end();
    throw error;
  });
  const trainer = new Queue("trainer", { connection: redis });
  const inference = new Queue("trainer-inference", { connection: redis });
  for (const queue of [trainer, inference]) queue.on("error", () => {}); // tests stop Redis
  return {
    url: api.url,
    api,
    root,
    server,
    redis,
    logs,
    start,
    trainer,
    inference,
    runs: new RunRecords(redis),
    results: new Results(redis, root),
    sessions: new ChatSessions(redis),
    tokenizers: new TokenizerRecords(redis),
    ask: (path: string, asking?: Asking) => ask(api.url + path, asking),
    open: (path: string, asking?: Asking) => open(api.url + path, asking),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await Promise.all([trainer.close(), inference.close()]);
      await end();
    },
  };
}
export type System = Awaited<ReturnType<typeof startSystem>>;
