import { anyNumber, ChatTurn, Engine, jobs, RunId, RunProgress, Sha256, TokenizerStats } from "@trainer/platform";
import { Failure } from "@trainer/training/files";
import { z } from "zod";
import { ChildConfig } from "../config.js";

/** More than any message has to say: what is longer has gone wrong. */
const MOST_CHARACTERS = 2 ** 20;
const text = z.string().max(MOST_CHARACTERS);
const figure = anyNumber;

/** A question to a model or a tokenizer, or about a training. `id` is of the conversation between the processes alone. */
export const Question = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("eval"), ...jobs.eval.shape }),
  z.object({ kind: z.literal("score"), ...jobs.score.shape }),
  z.object({ kind: z.literal("generate"), ...jobs.generate.shape }),
  z.object({ kind: z.literal("chat"), ...jobs.chat.shape, turns: z.array(ChatTurn), seed: z.int() }),
  z.object({ kind: z.literal("openai"), ...jobs.openai.shape }),
  z.object({ kind: z.literal("encode"), ...jobs.encode.shape }),
  z.object({ kind: z.literal("estimate"), ...jobs.estimate.shape }),
  z.object({ kind: z.literal("plan"), ...jobs.plan.shape }),
]);
export type Question = z.output<typeof Question>;

/** File ids of archives, by run: a child fetches a run that its home knows nothing of. */
const Archives = z.map(RunId, Sha256).readonly();
export type Archives = z.output<typeof Archives>;

/** Messages of a parent to its child. */
export const ToChild = z.discriminatedUnion("type", [
  /** The first message: by `parent` the child knows whose end is its own. */
  z.object({
    type: z.literal("configure"),
    config: ChildConfig,
    parent: z.int(),
    /** True if it is to say what it computes with. */
    tellEngine: z.boolean(),
  }),
  z.object({
    type: z.literal("train"),
    runId: RunId,
    userId: text,
    request: jobs.train.shape.request,
    end: jobs.train.shape.end,
    /** Fence of the run's lease: of two processes, the one with the greater may write. */
    fence: z.int(),
    /** Last reported progress: a resumed run does not report repeated steps again. */
    lastReported: RunProgress.nullable(),
    archives: Archives.optional(),
  }),
  /** To a trained run: send it. To a sent one: its folder may go. */
  z.object({ type: z.literal("send") }),
  z.object({ type: z.literal("clean") }),
  z.object({ type: z.literal("tokenizer"), ...jobs.tokenizer.shape }),
  z.object({ type: z.literal("ask"), id: z.int(), question: Question, archives: Archives.optional() }),
  /** A question is not to be answered any further. */
  z.object({ type: z.literal("cancel"), id: z.int() }),
  /** Finish the step, save, and say so. */
  z.object({ type: z.literal("stop") }),
]);
export type ToChild = z.output<typeof ToChild>;

/** Updates of a run in progress; `at` is their time, in Unix seconds. */
export const RunUpdate = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("config"),
    modelFamily: text,
    modelSize: text,
    batchSize: z.int(),
    learningRate: figure,
    threads: z.int(),
  }),
  /** `border`: the last one of its epoch. */
  z.object({ kind: z.literal("step"), at: figure, training: RunProgress, samplesPerSec: figure, border: z.boolean() }),
  /** After an epoch's validation; `gradNorm` is the epoch's mean. */
  z.object({ kind: z.literal("validation"), at: figure, training: RunProgress, loss: figure, gradNorm: figure }),
  z.object({ kind: z.literal("checkpoint"), training: RunProgress, best: z.boolean() }),
]);
export type RunUpdate = z.output<typeof RunUpdate>;

const Trained = z.object({
  testLoss: figure.nullable(),
  trainLoss: figure.nullable(),
  path: text,
  /** Final progress of a run that an earlier process completed: not all of it need have been reported. */
  progress: RunProgress.nullable(),
});

/** A piece of an answer, as it comes. */
export const Piece = z.object({ sequence: z.int(), text });
export type Piece = z.output<typeof Piece>;

/** Stages of jobs, as metrics and traces name them. */
export const stageNames = [
  "prepare",
  "tokenizer",
  "encode",
  "train",
  "checkpoint",
  "validation",
  "test",
  "sample",
  "evaluation",
  "upload",
  "clean",
  "open_model",
  "answer",
] as const;

/** A stage of a job that is over. */
export const Stage = z.object({
  name: z.enum(stageNames),
  /** Unix milliseconds. */
  startedAt: figure,
  seconds: figure,
  /** Code of the failure that ended it; null if it succeeded. */
  failure: text.nullable(),
  /** Figures and names, never a person's text: they are shown to whoever reads traces. */
  attributes: z.record(z.string(), z.union([text, figure])),
});
export type Stage = z.output<typeof Stage>;
export type StageName = Stage["name"];

/** Steps that were done since the last report of them, by their number, tokens and time. */
const StepsDone = z.object({ steps: z.int(), tokens: z.int(), seconds: figure });
export type StepsDone = z.output<typeof StepsDone>;

/** Messages of a child to its parent. */
export const FromChild = z.discriminatedUnion("type", [
  /** Heartbeat, sent every second by the working thread whenever it is not computing; with its memory on the GPU, if it uses one. */
  z.object({ type: z.literal("alive"), gpuBytes: figure.nullable().default(null) }),
  z.object({ type: z.literal("ready") }),
  z.object({ type: z.literal("engine"), engine: Engine }),
  /** For the worker's log. */
  z.object({
    type: z.literal("log"),
    level: z.enum(["debug", "info", "warn", "error"]),
    message: text,
    fields: z.record(z.string(), z.union([text, figure]).optional()),
  }),
  z.object({ type: z.literal("update"), update: RunUpdate }),
  /** `id`: of the question that it belongs to; null for that of a training. */
  z.object({ type: z.literal("stage"), id: z.int().nullable(), stage: Stage }),
  z.object({ type: z.literal("steps"), done: StepsDone }),
  z.object({ type: z.literal("trained") }),
  z.object({ type: z.literal("sent"), fileId: text, bytes: z.int(), trained: Trained }),
  /** Stopped on request; a run resumes from what was saved. */
  z.object({ type: z.literal("stopped") }),
  z.object({ type: z.literal("done") }),
  z.object({ type: z.literal("tokenizer"), stats: TokenizerStats }),
  z.object({ type: z.literal("tokenizer_progress"), percent: figure }),
  z.object({ type: z.literal("failed"), failure: Failure }),
  z.object({ type: z.literal("piece"), id: z.int(), piece: Piece }),
  z.object({ type: z.literal("answer"), id: z.int(), answer: z.unknown() }),
  z.object({ type: z.literal("refused"), id: z.int(), failure: Failure }),
]);
export type FromChild = z.output<typeof FromChild>;
/** The messages for a job's owner: the others are for the process that started the child. */
export type Report = Exclude<FromChild, { type: "alive" | "log" | "engine" }>;
/** Those of a training or a tokenizer, without what only metrics and traces want to know. */
export type JobReport = Exclude<Report, { type: "stage" | "steps" }>;
export type Trained = z.output<typeof Trained>;
