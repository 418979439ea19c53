import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { z } from "zod";

const Log = z.strictObject({
  project: z.string(),
  run: z.string(),
  run_id: z.string(),
  step: z.int(),
  metrics: z.record(z.string(), z.number()),
  log_id: z.string(),
  config: z.record(z.string(), z.unknown()).nullable(),
});
const BulkLog = z.strictObject({
  kwargs: z.strictObject({ logs: z.array(Log).min(1).max(1000), hf_token: z.null() }),
});

/** `lose`: does what it is asked, and closes the connection without an answer. */
export type TrackioMode = "ok" | "fail" | "lie" | "lose" | "later";

/** What a server of trackio's does with our requests; with `mode`, what a broken one or one of a later version does. */
export class FakeTrackio implements AsyncDisposable {
  mode: TrackioMode = "ok";
  requests = 0;
  readonly logs = new Map<string, z.output<typeof Log>>();
  readonly #server = createServer((request, answer) => void this.#answer(request, answer));

  constructor(readonly writeToken: string | undefined) {}

  static async start(writeToken?: string): Promise<FakeTrackio> {
    const fake = new FakeTrackio(writeToken);
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${z.custom<AddressInfo>().parse(this.#server.address()).port}`;
  }

  /** Points of a metric, in the order that they came. */
  points(key: string): [step: number, value: number | undefined][] {
    return [...this.logs.values()].flatMap(({ step, metrics }): [number, number | undefined][] =>
      key in metrics ? [[step, metrics[key]]] : [],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const say = (status: number, body: object | string) =>
      answer.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    if (this.mode === "fail") return void say(500, "<html>");
    if (this.mode === "lie") return void say(200, { data: "taken" });
    if (request.url?.endsWith("/version")) return void say(200, { api_version: this.mode === "later" ? 2 : 1 });
    if (request.headers["x-trackio-write-token"] !== this.writeToken)
      return void say(400, { error: "A write_token is required" });
    const { logs } = BulkLog.parse(await json(request)).kwargs;
    this.requests++;
    for (const each of logs) if (!this.logs.has(each.log_id)) this.logs.set(each.log_id, each);
    if (this.mode === "lose") return void request.socket.destroy();
    say(200, { data: null });
  }
}
