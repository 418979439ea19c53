import { createHash } from "node:crypto";
import {
  background,
  ChatResult,
  ChatTurn,
  EncodeResult,
  EstimateResult,
  GenerateResult,
  jobs,
  keys,
  OpenAiResult,
  PlanResult,
  ScoreResult,
  RunId,
  toWireJson,
  type OpenAiQuestion,
} from "@trainer/platform";
import { EvalRecord, type Slot } from "@trainer/platform/redis";
import { traceFields } from "@trainer/platform/tracing";
import { newFailure, type Failure } from "@trainer/training/files";
import { z } from "zod";
import type { Piece, Question, Stage } from "../child/messages.js";
import type { Container } from "../container.js";
import { knownArchives } from "../runs/known-archives.js";
import { Refused } from "../supervise/model-server.js";
import { noteStage } from "../telemetry/note-stage.js";
import type { Work } from "./job.js";
import { cancellation } from "./cancellation.js";

type Kind = Question["kind"];

/** Key of what measures steps, one after another: side by side they would measure each other. */
const MEASURED = "measured";
/** Measurements that nobody waits for are of a form that has changed: the next one waits for its turn. */
const MEASURED_LOOKS = 1;

/** Drawn by the request's id, which is random: taken again, a request is answered as before. */
const seedOf = (requestId: string): number => createHash("sha256").update(requestId).digest().readUIntBE(0, 6);

const EvalAnswer = z.object({ result: EvalRecord, steps: z.int() });
const ChatAnswer = z.object({ result: ChatResult, turns: z.array(ChatTurn) });

/** Answers a question to a model or a tokenizer, or about a training: what becomes of it is kept under its key, and its pieces go out as they come. */
export const requestJobs: Readonly<Record<Kind, (work: Work, container: Container) => Promise<void>>> = {
  async eval(work, container) {
    const data = work.data(jobs.eval);
    const slot = container.results.evaluation(data.run_id, data.request.split);
    await kept(work, container, slot, async () => {
      const { result, steps } = EvalAnswer.parse(await ask(container, work, { kind: "eval", ...data }, slot));
      await tellEvaluated(container, data.run_id, result, steps);
      await slot.set(result);
    });
  },

  async score(work, container) {
    const data = work.data(jobs.score);
    const slot = container.results.score(data.run_id, data.request_id);
    await once(work, container, slot, async () =>
      slot.set(ScoreResult.parse(await ask(container, work, { kind: "score", ...data }, slot))),
    );
  },

  async generate(work, container) {
    const data = work.data(jobs.generate);
    const request = { ...data.request, seed: data.request.seed ?? seedOf(data.request_id) };
    const slot = container.results.generation(data.run_id, data.request_id);
    await once(work, container, slot, async () =>
      slot.set(GenerateResult.parse(await ask(container, work, { kind: "generate", ...data, request }, slot))),
    );
  },

  async chat(work, container) {
    const data = work.data(jobs.chat);
    const { run_id: runId, session_id: sessionId, request_id: requestId } = data;
    const { sessions } = container;
    const slot = container.results.chat(runId, sessionId, requestId);
    // Turns of one conversation run one after another, each with the earlier ones.
    await container.oneAtATime(keys.conversation(runId, sessionId), () =>
      once(work, container, slot, async () => {
        const turns = await sessions.turns(runId, sessionId);
        const question = { kind: "chat", ...data, turns, seed: seedOf(requestId) } as const;
        const answered = ChatAnswer.parse(await ask(container, work, question, slot));
        await sessions.keep(runId, sessionId, answered.turns, slot, answered.result);
      }),
    );
  },

  async openai(work, container) {
    const data = work.data(jobs.openai);
    const slot = container.results.openAi(data.run_id, data.request_id);
    const request = withSeed(data.request, seedOf(data.request_id));
    await once(work, container, slot, async () =>
      slot.set(OpenAiResult.parse(await ask(container, work, { kind: "openai", ...data, request }, slot))),
    );
  },

  async encode(work, container) {
    const data = work.data(jobs.encode);
    const slot = container.results.encoding(data.tokenizer_id, data.request_id);
    await once(work, container, slot, async () =>
      slot.set(EncodeResult.parse(await ask(container, work, { kind: "encode", ...data }, slot))),
    );
  },

  async estimate(work, container) {
    const data = work.data(jobs.estimate);
    const slot = container.results.estimate(data.request_id);
    await container.oneAtATime(MEASURED, () =>
      once(work, container, slot, async () =>
        slot.set(EstimateResult.parse(await ask(container, work, { kind: "estimate", ...data }, slot, MEASURED_LOOKS))),
      ),
    );
  },

  async plan(work, container) {
    const data = work.data(jobs.plan);
    const slot = container.results.plan(data.request_id);
    await container.oneAtATime(MEASURED, () =>
      once(work, container, slot, async () =>
        slot.set(PlanResult.parse(await ask(container, work, { kind: "plan", ...data }, slot, MEASURED_LOOKS))),
      ),
    );
  },
};

/** A question whose texts are drawn by that seed, where it says none. */
function withSeed(question: OpenAiQuestion, seed: number): OpenAiQuestion {
  if (question.about === "completion")
    return { ...question, request: { ...question.request, seed: question.request.seed ?? seed } };
  if (question.about === "chat")
    return { ...question, request: { ...question.request, seed: question.request.seed ?? seed } };
  return question;
}

/** Answers a request once: one that was answered already, by a worker that could not say so, stays answered. */
async function once<T extends { readonly status: string }>(
  work: Work,
  container: Container,
  slot: Slot<T>,
  body: () => Promise<void>,
): Promise<void> {
  if ((await slot.get())?.status !== "completed") return await kept(work, container, slot, body);
  await publish(container, slot, { type: "done" });
}

/** Keeps what becomes of a question; `body` keeps its answer. */
async function kept<T>(work: Work, container: Container, slot: Slot<T>, body: () => Promise<void>): Promise<void> {
  await slot.set(slot.unfinished("running", null));
  try {
    const stuck = await work.take(0);
    if (stuck !== null) throw new Refused(stuck);
    await body();
    await publish(container, slot, { type: "done" });
  } catch (error) {
    const failure = failureOf(error);
    const { code, message } = failure;
    await slot.set(slot.unfinished("failed", message));
    await publish(container, slot, { type: "failed", message });
    const fields = { ...traceFields(work.span), item_id: slot.key, error_code: code, reason: message };
    container.log.warn({ event: "answer_failed", ...fields }, "no answer");
    work.fail(failure);
  }
}

const failureOf = (error: unknown): Failure =>
  error instanceof Refused
    ? error.failure
    : newFailure("INTERNAL_ERROR", `the answer could not be kept: ${String(error)}`);

async function ask(
  container: Container,
  { span }: Work,
  question: Question,
  slot: Slot<unknown>,
  abandonedLooks?: number,
): Promise<unknown> {
  using cancelled = cancellation(container, slot, abandonedLooks);
  const archives = await knownArchives(container.runs, ...runsOf(question));
  const onPiece = (piece: Piece) => background(publish(container, slot, { type: "text", ...piece }), () => {});
  const onStage = (stage: Stage) => noteStage(container, span, stage);
  return await container.answerer.ask({ question, archives }, onPiece, cancelled.signal, onStage);
}

/** The runs whose models a question needs; null for none, or an exported one. */
function runsOf(question: Question): (RunId | null)[] {
  if (question.kind === "encode" || question.kind === "plan") return [];
  if (question.kind === "estimate") return [question.request.pretrained_run_id, question.request.teacher];
  return [RunId.safeParse(question.run_id).data ?? null];
}

/** Publishes a message to followers of an answer. */
export async function publish({ redis }: Container, { key }: Slot<unknown>, message: object): Promise<void> {
  await redis.publish(keys.stream(key), toWireJson(message)).catch(() => {}); // what is kept counts
}

async function tellEvaluated({ runs }: Container, runId: string, result: EvalRecord, step: number): Promise<void> {
  const record = await runs.get(runId).catch(() => null);
  const { split, loss } = result;
  if (record === null || loss === null) return;
  const figures = { split, step, loss, ppl: Math.exp(loss) };
  await runs.publish({ type: "trainer.run.evaluated.v1", job_id: runId, user_id: record.userId, ...figures });
}
