import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { parseJson, toJson, type RunStatus } from "@trainer/platform";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** A trainer's API whose answers a test decides: above all those that a healthy one does not give. */
export class Trainer implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** Answers by method and path, without the query. */
  readonly answers = new Map<string, Answer>();
  readonly #server: Server = createServer((req, res) => void this.#serve(req, res));
  url = "";

  async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("a socket without a port");
    this.url = `http://127.0.0.1:${address.port}`;
    return this;
  }

  /** Sets the status of a run; it has no metrics unless a test gives them. */
  run(status: RunStatus): void {
    const { run_id } = status;
    const metrics = `GET /runs/${run_id}/metrics`;
    this.answer(`GET /runs/${run_id}`, status);
    if (!this.answers.has(metrics)) this.answer(metrics, { run_id, steps: [], evaluations: [], total_steps_logged: 0 });
  }

  refuse(call: string, status: number, code: string, message: string): void {
    this.answers.set(call, { status, body: { code, message, request_id: "r" } });
  }

  answer(call: string, body: object): void {
    this.answers.set(call, { status: 200, body });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method = "", headers } = req;
    const [path = ""] = String(req.url).split("?");
    const sent = await text(req);
    this.asked.push({ method, path, headers, body: sent === "" ? null : parseJson(sent) });
    const { status, body } = this.answers.get(`${method} ${path}`) ?? NOTHING;
    res.writeHead(status, { "content-type": "application/json" }).end(toJson(body));
  }
}

const NOTHING: Answer = {
  status: 404,
  body: { code: "RUN_NOT_FOUND", message: "run not found", request_id: "r" },
};

export const startTrainer = (): Promise<Trainer> => new Trainer().listen();

/** A run's status, queued by default. */
export const runStatus = (run_id: string, given: Partial<RunStatus> = {}): RunStatus => ({
  run_id,
  status: "queued",
  last_heartbeat_ts: null,
  message: null,
  progress: 0,
  created_at: "2026-01-01T00:00:00.000",
  updated_at: "2026-01-01T00:00:00.000",
  error: null,
  model_family: null,
  model_size: null,
  artifact_file_id: null,
  training: null,
  ...given,
});

export const TRAINING = {
  step: 120,
  total_steps: 480,
  epoch: 0,
  total_epochs: 3,
  train_loss: 2.5,
  lr: 5e-4,
  grad_norm: 1.25,
  tokens_per_sec: 1000,
  eta_seconds: 720,
  val_loss: 2.75,
  best_val_loss: 2.7,
  test_loss: null,
  checkpoint_step: 100,
  rss_bytes: 1e9,
} as const;
