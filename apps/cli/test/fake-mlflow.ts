import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { z } from "zod";

const Key = z.object({ key: z.string(), value: z.string() });
const Metric = z.object({ key: z.string(), value: z.number(), step: z.int(), timestamp: z.int() });
const LogBatch = z.strictObject({
  run_id: z.string(),
  metrics: z.array(Metric).min(1).max(1000).optional(),
  params: z.array(Key).min(1).max(100).optional(),
});
const CreateRun = z.strictObject({
  experiment_id: z.string(),
  run_name: z.string(),
  start_time: z.int(),
  tags: z.array(Key),
});
const Update = z.strictObject({ run_id: z.string(), status: z.string(), end_time: z.int().optional() });
const Search = z.object({ filter: z.string() });

interface Kept {
  readonly name: string;
  readonly tags: readonly z.output<typeof Key>[];
  status: string;
  readonly metrics: z.output<typeof Metric>[];
  readonly params: Map<string, string>;
}

/** `lose`: does what it is asked, and closes the connection without an answer. */
export type Mode = "ok" | "empty" | "hang" | "fail" | "lie" | "endless" | "lose";

/** What an MLflow server does with our requests, as strict as one; with `mode`, what a broken one does. */
export class FakeMlflow implements AsyncDisposable {
  mode: Mode = "ok";
  /** Number of requests. */
  asked = 0;
  /** Headers of the last request. */
  authorization: string | undefined;
  readonly runs: Kept[] = [];
  readonly experiments: string[] = [];
  /** Makes an experiment that is asked for just before it is created. */
  races = false;
  readonly #server = createServer((request, answer) => void this.#answer(request, answer));

  static async start(): Promise<FakeMlflow> {
    const fake = new FakeMlflow();
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${z.custom<AddressInfo>().parse(this.#server.address()).port}`;
  }

  /** Points of a metric, in the order that they came. */
  points(key: string): [step: number, value: number][] {
    return this.runs.flatMap(({ metrics }) =>
      metrics.filter((each) => each.key === key).map(({ step, value }): [number, number] => [step, value]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    this.asked++;
    this.authorization = request.headers.authorization;
    const say = (status: number, body: object | string) =>
      answer.writeHead(status).end(typeof body === "string" ? body : JSON.stringify(body));
    const refuse = (status: number, code: string) => say(status, { error_code: code, message: `no: ${code}` });
    switch (this.mode) {
      case "hang":
        return;
      case "fail":
        return void say(500, "<html>");
      case "lie":
        return void say(200, { runs: "none", experiment: [], run: null });
      case "empty":
        return void answer.writeHead(204).end();
      case "endless":
        return this.#babble(answer);
      case "ok":
      case "lose": {
        const body = request.method === "POST" ? await json(request) : null;
        const result = this.#do(String(request.url), body);
        if (this.mode === "lose") return void request.socket.destroy();
        return void (typeof result === "string"
          ? refuse(result.startsWith("RESOURCE") ? 404 : 400, result)
          : say(200, result));
      }
    }
  }

  #babble(answer: ServerResponse): void {
    answer.writeHead(200);
    const more = () => {
      while (!answer.destroyed && answer.write("x".repeat(1 << 16)));
    };
    answer.on("drain", more);
    more();
  }

  #do(url: string, body: unknown): object | string {
    const { pathname, searchParams } = new URL(url, this.url);
    const path = pathname.replace(/^.*\/api\/2.0\/mlflow\//, "");
    if (path === "experiments/get-by-name") {
      const id = this.experiments.indexOf(String(searchParams.get("experiment_name")));
      return id === -1 ? "RESOURCE_DOES_NOT_EXIST" : { experiment: { experiment_id: String(id) } };
    }
    if (path === "experiments/create") {
      const { name } = z.strictObject({ name: z.string() }).parse(body);
      if (name === "refused") return "INVALID_PARAMETER_VALUE";
      this.experiments.push(name);
      return this.races ? "RESOURCE_ALREADY_EXISTS" : { experiment_id: String(this.experiments.length - 1) };
    }
    if (path === "runs/search") {
      const { filter } = Search.parse(body);
      const wanted = [...filter.matchAll(/tags\.`([^`]+)` = '([^']+)'/g)];
      const found = this.runs.flatMap((run, i) =>
        wanted.every(([, key, value]) => run.tags.some((tag) => tag.key === key && tag.value === value))
          ? [this.#shown(run, i)]
          : [],
      );
      return found.length === 0 ? {} : { runs: found };
    }
    if (path === "runs/create") {
      const { run_name: name, tags } = CreateRun.parse(body);
      const run = { name, tags, status: "RUNNING", metrics: [], params: new Map<string, string>() };
      this.runs.push(run);
      return { run: this.#shown(run, this.runs.length - 1) };
    }
    const { run_id: id } = z.object({ run_id: z.string() }).parse(body);
    const run = this.runs[Number(id)];
    if (run === undefined) return "RESOURCE_DOES_NOT_EXIST";
    if (path === "runs/update") {
      run.status = Update.parse(body).status;
      return {};
    }
    const { metrics = [], params = [] } = LogBatch.parse(body);
    for (const { key, value } of params) {
      if (run.params.has(key) && run.params.get(key) !== value) return "INVALID_PARAMETER_VALUE";
      run.params.set(key, value);
    }
    run.metrics.push(...metrics);
    return {};
  }

  #shown({ status, metrics, params }: Kept, id: number) {
    const last = new Map(metrics.map(({ key, step }) => [key, step]));
    return {
      info: { run_id: String(id), status },
      data: {
        metrics: [...last].map(([key, step]) => ({ key, step })),
        params: [...params].map(([key, value]) => ({ key, value })),
      },
    };
  }
}
