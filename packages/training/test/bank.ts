import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { DataBankClient } from "@trainer/client/data-bank";
import { dataBankConfig, startDataBank } from "@trainer/data-bank";
import { z } from "zod";

const Request = z.object({ event: z.literal("request_completed"), method: z.string(), path: z.string() });

/** The real file service on a free port, over a folder. */
export async function startBank(root: string) {
  const logs: string[] = [];
  const env = { PORT: "0", MIN_FREE_GB: "0", DATA_ROOT: root, API_UPLOAD_KEYS: "key" };
  const bank = await startDataBank(dataBankConfig(env), { log: { write: (line) => logs.push(line) } });
  const client = (url = bank.url, options: object = {}) =>
    new DataBankClient({ url, apiKey: "key", retries: 1, backoffMs: 1, ...options });
  return {
    url: bank.url,
    client,
    /** Number of answered requests of a method, for files. */
    asked: (method: string) =>
      logs.filter((line) => {
        const request = Request.safeParse(JSON.parse(line)).data;
        return request?.method === method && request.path.startsWith("/files");
      }).length,
    [Symbol.asyncDispose]: () => bank[Symbol.asyncDispose](),
  };
}
export type Bank = Awaited<ReturnType<typeof startBank>>;

/** Something to wait for until it is opened. */
export function latch() {
  let resolve = () => {};
  const opened = new Promise<void>((each) => (resolve = each));
  return { opened, open: () => resolve() };
}

/** Passes connections on to a service, and holds them, without closing any, once so many bytes have gone one way. */
export async function gate(url: string, { up = Infinity, down = Infinity }: { up?: number; down?: number }) {
  const target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  const left = { up, down };
  const pass = (from: Socket, to: Socket, way: "up" | "down", held: () => void) => {
    from.on("data", (data: Buffer) => {
      to.write(data.subarray(0, Math.max(0, left[way])));
      left[way] -= data.length;
      if (left[way] > 0) return;
      from.pause();
      held();
    });
    from.on("close", () => to.destroy());
  };
  const reached = latch();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) sockets.add(socket.on("error", () => {}));
    pass(near, far, "up", reached.open);
    pass(far, near, "down", reached.open);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    /** Resolves when it holds what comes. */
    reached: reached.opened,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const RUNNER = fileURLToPath(new URL("run-child.mjs", import.meta.url));

/** One of the functions that files-child.ts has, in a process of its own. */
export function startTransfer(task: { what: "corpus" | "send" | "run"; url: string; home: string; id: string }) {
  const args = [RUNNER, JSON.stringify(task), "files-child.ts"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = Promise.all([once(child, "exit"), text(child.stdout)]).then(([, said]) => said);
  return {
    /** Its output when it has ended. */
    ended,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
