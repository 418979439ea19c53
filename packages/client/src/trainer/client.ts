import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  ArtifactPointer,
  CancelAccepted,
  Capabilities,
  ChatHistory,
  ChatList,
  ChatResponse,
  CleanupReport,
  EncodeResponse,
  EstimateResponse,
  EvaluateResponse,
  EvaluationHistory,
  ExportedModelList,
  ExportList,
  GenerateResponse,
  ManifestAnswer,
  MetricsHistory,
  MetricsRow,
  PlanResponse,
  RunFileList,
  RunList,
  RunNotes,
  RunRemoved,
  RunStatus,
  SampleList,
  ScoreResponse,
  StreamPiece,
  SystemInfo,
  TokenizerAccepted,
  TokenizerInfo,
  TokenizerList,
  TrainAccepted,
  Vocabulary,
  type ChatRequest,
  type CleanupRequest,
  type EncodeRequest,
  type EvaluateRequest,
  type GenerateRequest,
  type PlanRequest,
  type ResumeRequest,
  type ScoreRequest,
  type TokenizerTrainRequest,
  type TrainRequest,
} from "@trainer/platform";
import { eventStream } from "./event-stream.js";
import type { CatalogueOptions, ListOptions, VocabularyOptions } from "./list-options.js";
import { ServiceError } from "../service-error.js";
import { parseAnswer, Requests, type Call, type CallOptions, type TrainerClientOptions } from "./requests.js";

export interface TrainCallOptions extends CallOptions {
  /** By it the same request within a day gives the same run, also to another process; one is made by default. */
  readonly idempotencyKey?: string | undefined;
}

export interface ExportOptions extends CallOptions {
  /** The run's LoRA adapter alone, in PEFT's format, in place of the model. */
  readonly adapter?: boolean;
}

export interface WaitOptions extends CallOptions {
  /** The longest interval between two polls: the first is 10 ms, and each twice the one before. */
  readonly everyMs?: number;
}

export interface AnswerOptions extends WaitOptions {
  /** Called with text as it is generated, by sequence, counted from 0. */
  readonly onText?: (text: string, sequence: number) => void;
}

/** What a request says: the rest, and what is null, is as by default. */
type Asking<Request> = { readonly [Key in keyof Request]?: Request[Key] | null | undefined };

const Ready = z.object({ status: z.enum(["ready", "degraded"]), reason: z.string().nullable() });

/**
 * A client of the trainer's API. Requests are those of its schemas: only what differs from a default need be given.
 * Transient errors are retried; two trainings with the same idempotency key, which is made here, are one run.
 * @throws ServiceError everywhere, with the service's code and message
 */
export class TrainerClient {
  readonly #requests: Requests;

  constructor(options: TrainerClientOptions) {
    this.#requests = new Requests(options);
  }

  /** Readiness; the reason, if not ready. */
  ready(options?: CallOptions): Promise<z.output<typeof Ready>> {
    return this.#requests.json(Ready, "/readyz", { accepts: [503], ...options });
  }

  capabilities(options?: CallOptions): Promise<Capabilities> {
    return this.#requests.json(Capabilities, "/capabilities", options);
  }

  /** The machine, queues, workers, versions and settings. */
  system(options?: CallOptions): Promise<SystemInfo> {
    return this.#requests.json(SystemInfo, "/system", options);
  }

  /** Says what would go; with `dry_run` false it goes. */
  cleanup(request: Partial<CleanupRequest> = {}, options?: CallOptions): Promise<CleanupReport> {
    return this.#requests.json(CleanupReport, "/system/cleanup", {
      method: "POST",
      body: request,
      once: true,
      ...options,
    });
  }

  train(
    request: Asking<TrainRequest>,
    { idempotencyKey = randomUUID(), ...options }: TrainCallOptions = {},
  ): Promise<TrainAccepted> {
    const headers = { "idempotency-key": idempotencyKey };
    return this.#requests.json(TrainAccepted, "/runs/train", { method: "POST", body: request, headers, ...options });
  }

  /** Requests what a training would be, which is not begun, and waits for it. */
  async estimate(request: Asking<TrainRequest>, options?: WaitOptions): Promise<EstimateResponse> {
    const call = { method: "POST", body: request, ...options } as const;
    const { request_id: id } = await this.#requests.json(EstimateResponse, "/runs/estimate", call);
    return until((each) => this.#requests.json(EstimateResponse, `/estimates/${id}`, each), options);
  }

  /** Requests the plan of a training, which is not begun, and waits for it; its `request` is what `train` takes. */
  async plan(request: Asking<PlanRequest>, options?: WaitOptions): Promise<PlanResponse> {
    const call = { method: "POST", body: request, ...options } as const;
    const { request_id: id } = await this.#requests.json(PlanResponse, "/plan", call);
    return until((each) => this.#requests.json(PlanResponse, `/plans/${id}`, each), options);
  }

  /** The newest first. */
  runs({ limit, cursor, status, ...options }: ListOptions = {}): Promise<RunList> {
    return this.#requests.json(RunList, `/runs${query({ limit, cursor, status })}`, options);
  }

  /** By any column, the newest first if left out; `total` is their number on all pages. */
  catalogue({
    offset = 0,
    limit,
    sort,
    order,
    q,
    status,
    family,
    tag,
    ...options
  }: CatalogueOptions = {}): Promise<RunList> {
    const path = `/runs${query({ offset, limit, sort, order, q, status, family, tag })}`;
    return this.#requests.json(RunList, path, options);
  }

  run(runId: string, options?: CallOptions): Promise<RunStatus> {
    return this.#requests.json(RunStatus, run(runId), options);
  }

  /** Takes effect after the step that is under way; a queued run does not begin. */
  cancel(runId: string, options?: CallOptions): Promise<CancelAccepted> {
    return this.#requests.json(CancelAccepted, run(runId, "cancel"), { method: "POST", ...options });
  }

  /** Queues a run that has failed or was stopped once more; with a new end any run that has ended is trained on to it. */
  resume(runId: string, end: Partial<ResumeRequest> = {}, options?: CallOptions): Promise<TrainAccepted> {
    const call = { method: "POST", body: end, once: true, ...options } as const;
    return this.#requests.json(TrainAccepted, run(runId, "resume"), call);
  }

  /** Permanent, except for its archive in the file service. */
  removeRun(runId: string, options?: CallOptions): Promise<RunRemoved> {
    return this.#requests.json(RunRemoved, run(runId), { method: "DELETE", once: true, ...options });
  }

  /** The run's `manifest.json`: its request, progress and outcome. */
  manifest(runId: string, options?: CallOptions): Promise<ManifestAnswer> {
    return this.#requests.json(ManifestAnswer, run(runId, "manifest"), options);
  }

  /** Tags and the note on a run. */
  notes(runId: string, options?: CallOptions): Promise<RunNotes> {
    return this.#requests.json(RunNotes, run(runId, "notes"), options);
  }

  /** Replaces them. */
  writeNotes(runId: string, notes: RunNotes, options?: CallOptions): Promise<RunNotes> {
    return this.#requests.json(RunNotes, run(runId, "notes"), { method: "PUT", body: notes, ...options });
  }

  /** Its files, without those that are hidden or half written. */
  files(runId: string, options?: CallOptions): Promise<RunFileList> {
    return this.#requests.json(RunFileList, run(runId, "files"), options);
  }

  /** All evaluations of its model, the oldest first. */
  evaluations(runId: string, options?: CallOptions): Promise<EvaluationHistory> {
    return this.#requests.json(EvaluationHistory, run(runId, "evals"), options);
  }

  /** Texts that its model wrote when it was evaluated last, and as it was trained. */
  samples(runId: string, options?: CallOptions): Promise<SampleList> {
    return this.#requests.json(SampleList, run(runId, "samples"), options);
  }

  /** Waits until the run is completed or has failed. */
  waitForRun(runId: string, options?: WaitOptions): Promise<RunStatus> {
    return until((each) => this.run(runId, each), options);
  }

  artifact(runId: string, options?: CallOptions): Promise<ArtifactPointer> {
    return this.#requests.json(ArtifactPointer, run(runId, "artifact"), options);
  }

  /** The run's archive, as it comes; its SHA-256 is the `file_id` of `artifact`. */
  archive(runId: string, options?: CallOptions): Promise<Readable> {
    return this.#requests.send(`/artifacts/models/${encodeURIComponent(runId)}`, options);
  }

  /** The files that an export holds, its size, and its notes; `adapter`: of the run's LoRA adapter alone. */
  exportList(runId: string, { adapter, ...options }: ExportOptions = {}): Promise<ExportList> {
    return this.#requests.json(ExportList, `${run(runId, "export")}${query({ adapter, list: true })}`, options);
  }

  /** The models in the server's folder of exports; their ids take a run's place in `generate`, `chat` and `score`. */
  exportedModels(options?: CallOptions): Promise<ExportedModelList> {
    return this.#requests.json(ExportedModelList, "/exports", options);
  }

  /** A completed run's model in Hugging Face's layout: a tar, as it comes. */
  export(runId: string, { adapter, ...options }: ExportOptions = {}): Promise<Readable> {
    return this.#requests.send(`${run(runId, "export")}${query({ adapter })}`, options);
  }

  /** The last lines of a run's log, a JSON record each. */
  logs(runId: string, { tail, ...options }: CallOptions & { readonly tail?: number } = {}): Promise<string> {
    return this.#requests.text(`${run(runId, "logs")}${query({ tail })}`, options);
  }

  /** A run's log as it comes, line by line, to the run's end. */
  async *followLogs(
    runId: string,
    { tail, ...options }: CallOptions & { readonly tail?: number } = {},
  ): AsyncGenerator<string, void, undefined> {
    const events = eventStream(this.#requests, `${run(runId, "logs", "stream")}${query({ tail })}`, options);
    for await (const { data } of events) yield data;
  }

  /** The steps that were logged, thinned to at most `points`, and all evaluations. */
  metrics(
    runId: string,
    { points, ...options }: CallOptions & { readonly points?: number } = {},
  ): Promise<MetricsHistory> {
    return this.#requests.json(MetricsHistory, `${run(runId, "metrics")}${query({ points })}`, options);
  }

  /** Steps and evaluations as they come, from the first on, to the run's end. */
  async *followMetrics(runId: string, options?: CallOptions): AsyncGenerator<MetricsRow, void, undefined> {
    const path = run(runId, "metrics", "stream");
    for await (const { data } of eventStream(this.#requests, path, options)) {
      const row = MetricsRow.safeParse(parseAnswer(z.unknown(), data, path));
      if (row.success) yield row.data;
    }
  }

  /** Requests an evaluation and waits for it. */
  async evaluate(
    runId: string,
    request: Partial<EvaluateRequest> = {},
    options?: WaitOptions,
  ): Promise<EvaluateResponse> {
    const call = { method: "POST", body: request, ...options } as const;
    await this.#requests.json(EvaluateResponse, run(runId, "evaluate"), call);
    return until((each) => this.#requests.json(EvaluateResponse, run(runId, "eval"), each), options);
  }

  /** Requests a text's loss and waits for it. */
  async score(runId: string, request: Partial<ScoreRequest>, options?: WaitOptions): Promise<ScoreResponse> {
    const call = { method: "POST", body: request, ...options } as const;
    const { request_id: id } = await this.#requests.json(ScoreResponse, run(runId, "score"), call);
    return until((each) => this.#requests.json(ScoreResponse, run(runId, "score", id), each), options);
  }

  /** Requests text and waits for it, or streams it. */
  async generate(runId: string, request: Partial<GenerateRequest>, options?: AnswerOptions): Promise<GenerateResponse> {
    const call = { method: "POST", body: request, ...options } as const;
    const path = run(runId, "generate");
    const { request_id: id } = await this.#accepted(GenerateResponse, path, call, options?.onText);
    return until((each) => this.#requests.json(GenerateResponse, run(runId, "generate", id), each), options);
  }

  /** Sends a message of a conversation, or begins one, and waits for the answer, or streams it. */
  async chat(runId: string, request: Partial<ChatRequest>, options?: AnswerOptions): Promise<ChatResponse> {
    const call = { method: "POST", body: request, once: true, ...options } as const;
    const { session_id, request_id } = await this.#accepted(ChatResponse, run(runId, "chat"), call, options?.onText);
    const path = run(runId, "chat", session_id, request_id);
    return until((each) => this.#requests.json(ChatResponse, path, each), options);
  }

  /** The accepted request; with a listener, the finished one, after all pieces as they came. */
  async #accepted<S extends z.ZodType>(
    schema: S,
    path: string,
    call: Call,
    onText: AnswerOptions["onText"],
  ): Promise<z.output<S>> {
    if (onText === undefined) return await this.#requests.json(schema, path, call);
    let accepted: z.output<S> | null = null;
    try {
      for await (const { event, data } of eventStream(this.#requests, path, { ...call, once: true })) {
        if (event === "accepted") accepted = parseAnswer(schema, data, path);
        const piece = StreamPiece.safeParse(parseAnswer(z.unknown(), data, path));
        if (piece.data?.type === "text") onText(piece.data.text, piece.data.sequence);
      }
    } catch (error) {
      if (accepted === null || call.signal?.aborted === true) throw error; // else the answer can still be fetched
    }
    if (accepted === null) throw new ServiceError("INVALID_ANSWER", `${path} accepted nothing`);
    return accepted;
  }

  /** Conversations with a run that are still kept, the latest turn first. */
  chats(runId: string, options?: CallOptions): Promise<ChatList> {
    return this.#requests.json(ChatList, run(runId, "chat"), options);
  }

  chatHistory(runId: string, sessionId: string, options?: CallOptions): Promise<ChatHistory> {
    return this.#requests.json(ChatHistory, run(runId, "chat", sessionId), options);
  }

  async endChat(runId: string, sessionId: string, options?: CallOptions): Promise<void> {
    await this.#requests.json(CancelAccepted, run(runId, "chat", sessionId), { method: "DELETE", ...options });
  }

  trainTokenizer(request: Partial<TokenizerTrainRequest>, options?: CallOptions): Promise<TokenizerAccepted> {
    return this.#requests.json(TokenizerAccepted, "/tokenizers/train", { method: "POST", body: request, ...options });
  }

  tokenizer(tokenizerId: string, options?: CallOptions): Promise<TokenizerInfo> {
    return this.#requests.json(TokenizerInfo, `/tokenizers/${encodeURIComponent(tokenizerId)}`, options);
  }

  tokenizers(options?: CallOptions): Promise<TokenizerList> {
    return this.#requests.json(TokenizerList, "/tokenizers", options);
  }

  /** A page of a tokenizer's tokens, with figures of all of them; `q`: those alone that it is found in. */
  vocabulary(tokenizerId: string, { q, offset, limit, ...options }: VocabularyOptions = {}): Promise<Vocabulary> {
    const path = `/tokenizers/${encodeURIComponent(tokenizerId)}/vocabulary${query({ q, offset, limit })}`;
    return this.#requests.json(Vocabulary, path, options);
  }

  /** Requests a text's tokens and waits for them. */
  async encode(tokenizerId: string, request: Partial<EncodeRequest>, options?: WaitOptions): Promise<EncodeResponse> {
    const path = `/tokenizers/${encodeURIComponent(tokenizerId)}/encode`;
    const call = { method: "POST", body: request, ...options } as const;
    const { request_id: id } = await this.#requests.json(EncodeResponse, path, call);
    return until((each) => this.#requests.json(EncodeResponse, `${path}/${id}`, each), options);
  }

  /** Waits until the tokenizer is completed or has failed. */
  waitForTokenizer(tokenizerId: string, options?: WaitOptions): Promise<TokenizerInfo> {
    return until((each) => this.tokenizer(tokenizerId, each), options);
  }
}

/** The path of a run, or of something of it. */
const run = (...parts: readonly string[]): string => ["/runs", ...parts.map(encodeURIComponent)].join("/");

function query(given: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const set = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return set.length === 0 ? "" : `?${set.join("&")}`;
}

const FIRST_POLL_MS = 10;

const UNDER_WAY: ReadonlySet<string> = new Set(["queued", "running"]);

async function until<T extends { readonly status: string }>(
  ask: (options: CallOptions) => Promise<T>,
  { everyMs = 250, ...options }: WaitOptions = {},
): Promise<T> {
  for (let pollMs = FIRST_POLL_MS; ; pollMs *= 2) {
    const answer = await ask(options);
    if (!UNDER_WAY.has(answer.status)) return answer;
    await sleep(Math.min(pollMs, everyMs), undefined, { signal: options.signal });
  }
}
