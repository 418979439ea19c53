import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { z } from "zod";

const Chunk = z.object({ offset: z.int(), content: z.array(z.string()) });
const Stream = z.object({
  files: z.record(z.string(), Chunk).default({}),
  complete: z.boolean().default(false),
  exitcode: z.int().nullish(),
});
const Query = z.object({ query: z.string(), variables: z.record(z.string(), z.unknown()).default({}) });
const Upsert = z.object({ name: z.string(), project: z.string(), displayName: z.string().nullish() });
const Files = z.object({ files: z.array(z.string()) });

/** A run as `wandb sync` tells of it. */
export interface SyncedRun {
  readonly name: string;
  readonly project: string;
  displayName: string | null;
  /** Lines of the history, each at the place that it was sent for. */
  readonly history: Map<number, unknown>;
  summary: unknown;
  exit: number | null;
}

/** What `wandb sync` needs of a server of W&B's. */
export class WandbServer implements AsyncDisposable {
  readonly runs = new Map<string, SyncedRun>();
  readonly #server = createServer((request, answer) => void this.#answer(request, answer));

  static async start(): Promise<WandbServer> {
    const started = new WandbServer();
    started.#server.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${z.custom<AddressInfo>().parse(this.#server.address()).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    const said = this.#do(String(request.url), body.toString());
    answer.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(said));
  }

  #do(url: string, body: string): object {
    if (url === "/graphql") return { data: this.#query(Query.parse(JSON.parse(body))) };
    const stream = /^\/files\/us\/([^/]+)\/([^/]+)\/file_stream$/.exec(url);
    if (stream !== null) this.#take(String(stream[2]), Stream.parse(JSON.parse(body)));
    return {};
  }

  #query({ query, variables }: z.output<typeof Query>): object {
    if (query.includes("upsertBucket")) {
      const { name, project, displayName = null } = Upsert.parse(variables);
      const run = this.runs.get(name) ?? { name, project, displayName, history: new Map(), summary: null, exit: null };
      run.displayName ??= displayName;
      this.runs.set(name, run);
      const at = { id: "cA==", name: project, entity: { id: "ZQ==", name: "us" } };
      const bucket = { id: "cg==", name, displayName: run.displayName, description: "", config: "{}", sweepName: null };
      return { upsertBucket: { bucket: { ...bucket, project: at, historyLineCount: 0 }, inserted: true } };
    }
    if (query.includes("createRunFiles")) {
      const files = Files.parse(variables).files.map((name) => ({ name, uploadUrl: `${this.url}/upload/${name}` }));
      return { createRunFiles: { runID: "cg==", uploadHeaders: [], files } };
    }
    return {};
  }

  #take(name: string, { files, complete, exitcode = null }: z.output<typeof Stream>): void {
    const run = this.runs.get(name);
    if (run === undefined) throw new Error(`figures of a run that was not begun: ${name}`);
    const { "wandb-history.jsonl": history, "wandb-summary.json": summary } = files;
    history?.content.forEach((line, i) => run.history.set(history.offset + i, JSON.parse(line)));
    if (summary !== undefined) run.summary = JSON.parse(String(summary.content.at(-1)));
    if (complete) run.exit = exitcode;
  }
}
