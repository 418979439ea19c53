import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startApi, type Api } from "@trainer/api";
import { camel, notInRequests, optionFacts, TrainOptions, type OptionFacts } from "@trainer/options";
import { TrainAccepted, TrainRequest, TrainSettings } from "@trainer/platform";
import { matching } from "@trainer/testing";
import { ask } from "@trainer/testing/api";
import { startSystem, type System } from "@trainer/testing/system";
import { parseTrainOptions, readManifest } from "@trainer/training";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { trainOptions } from "../src/child/train-options.js";
import { pace, scripted } from "./scripted.js";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let system: System;
let api: Api;
beforeAll(async () => {
  system = await startSystem();
  const where = { redisUrl: system.redisServer.url, artifactsRoot: system.root, dataRoot: system.root };
  const dataBank = { url: system.bank.url, apiKey: "key" };
  api = await startApi({ ...where, port: 0, dataBank }, { log: { write() {} } });
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await system[Symbol.asyncDispose]();
});

async function asked(body: object): Promise<string> {
  const { status, json, text } = await ask(`${api.url}/runs/train`, { body });
  expect([status, text]).toEqual([200, text]);
  return TrainAccepted.parse(json).run_id;
}

const least = { corpus_path: "corpus.txt", tokenizer_method: "bpe" };

const MIX = { corpus_path: null, corpus_paths: ["large.txt", "corpus.txt"], corpus_weights: ["0.3", "0.1-0.9"] };

/** What an option needs beside it, and values that no schema tells. */
const OF_ITS_OWN: Readonly<Record<string, object>> = {
  model_family: { model_family: "llama", model_size: "tiny" },
  model_size: { model_size: "tiny" },
  model_config: { model_config: { n_layer: 3 } },
  corpus_file_id: { corpus_file_id: "f".repeat(64), corpus_path: null },
  corpus_path: { corpus_path: "large.txt" },
  corpus_paths: MIX,
  corpus_weights: MIX,
  document_separator: { document_separator: "%%" },
  text_field: { text_field: "story" },
  tokenizer_id: { tokenizer_id: "tok-test" },
  tokenizer_method: { tokenizer_method: "char" },
  vocab_size: { vocab_size: 1024 },
  pretrained_run_id: { pretrained_run_id: "before" },
  lora_rank: { lora_rank: 8, pretrained_run_id: "before" },
  train_new_rows_first: { train_new_rows_first: 5, pretrained_run_id: "before" },
  teacher: { teacher: "before" },
  drift: { drift: true, pretrained_run_id: "before" },
  transfer_vocabulary: { transfer_vocabulary: true, pretrained_run_id: "before" },
  lora_targets: { lora_targets: ["c_attn", "c_proj"] },
  optimizer: { optimizer: "muon" },
  preference: { preference: "orpo", format: "preference" },
  label_smoothing: {
    label_smoothing: 0.1,
    preference: "dpo",
    format: "preference",
    pretrained_run_id: "before",
  },
  user_id: { user_id: 7 },
};

/** A value that is not the default, and lies within the bounds. */
function another({ kind, choices, ...facts }: OptionFacts): unknown {
  if (kind === "boolean") return facts.default !== true;
  if (choices.length > 0) return choices.find((choice) => choice !== facts.default);
  const { minimum = 0, maximum = Infinity, below = maximum } = facts;
  if (kind === "integer") return Math.min(minimum + 13, maximum);
  return minimum >= 1 ? minimum + 0.5 : (minimum + Math.min(below, 1)) / 3;
}

const names = Object.keys(TrainRequest.shape);
const fields: Readonly<Record<string, z.ZodType>> = TrainRequest.shape;
const bodyOf = (name: string): Record<string, unknown> => {
  const own = OF_ITS_OWN[name] ?? { [name]: another(optionFacts(fields[name] ?? z.never())) };
  return { ...least, ...own };
};

/** Names that options have where a request has another. */
const CALLED: Readonly<Record<string, string>> = {
  corpus_path: "corpus",
  corpus_paths: "corpus",
  tokenizer_id: "tokenizer",
};

test("each option that is asked for over HTTP is what the worker's child gets, and no other changes by it", async () => {
  const child = scripted(
    system,
    "listens",
    `import { writeFileSync } from "node:fs";
     process.on("message", (message) => {
       if (message.type !== "train") return;
       writeFileSync("${system.root}/" + message.runId + ".json", JSON.stringify(message));
       process.send({ type: "failed", failure: { code: "INVALID_INPUT", failureClass: "USER_INPUT", message: "heard" } });
     });`,
  );
  await using _worker = await system.startWorker({ trainings: 4 }, { pace, child });
  const heard = async (body: object) => {
    const runId = await asked(body);
    expect((await system.ended(runId)).message).toBe("heard");
    const Message = z.object({ runId: z.literal(runId), userId: z.string(), request: TrainSettings });
    const { request, userId } = Message.parse(JSON.parse(readFileSync(join(system.root, `${runId}.json`), "utf8")));
    const corpus = request.corpus_paths ?? request.corpus_path;
    const { runId: _, ...options } = parseTrainOptions(trainOptions(request, { runId, userId, corpus, threads: 0 }));
    return new Map<string, unknown>(Object.entries({ ...options, corpus: options.corpus[0] }));
  };
  const usual = await heard(least);
  const reached = new Set<string>();
  await Promise.all(
    names.map(async (name) => {
      const body = bodyOf(name);
      const got = await heard(body);
      const changed = [...got].filter(
        ([key, value]) => JSON.stringify(value, text) !== JSON.stringify(usual.get(key), text),
      );
      const option = CALLED[name] ?? camel(name);
      expect([name, changed.map(([key]) => key)]).toEqual([name, expect.arrayContaining([option])]);
      const besides = Object.keys(OF_ITS_OWN[name] ?? {}).map((each) => CALLED[each] ?? camel(each));
      const expected = new Set([option, ...besides, ...("pretrained_run_id" in body ? ["maxSeqLen"] : [])]);
      expect(changed.filter(([key]) => !expected.has(key))).toEqual([]);
      const own = new Map<string, unknown>([
        ["model_config", { nLayer: 3 }],
        ["user_id", 7n],
        ["corpus_paths", "large.txt"],
      ]);
      const value = own.get(name) ?? body[name];
      expect([name, got.get(option)]).toEqual([name, value]);
      reached.add(option);
    }),
  );
  expect(Object.keys(TrainOptions.shape).filter((name) => !reached.has(name))).toEqual(Object.keys(notInRequests));
});
const text = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

test("what is asked for is what the run is trained by, and what its manifest says", async () => {
  await using _worker = await system.startWorker();
  const body = {
    model_size: "tiny",
    model_config: { n_layer: 1, n_embd: 16, n_head: 2 },
    vocab_size: 300,
    max_seq_len: 32,
    max_steps: 6,
    optimizer: "muon",
    muon_momentum: 0.9,
    ns_steps: 3,
    matrix_lr: 0.01,
    lr_schedule: "wsd",
    lr_decay_fraction: 0.5,
    lr_decay_shape: "linear",
    warmup_steps: 2,
    min_lr: 1e-5,
    weight_decay: 0.2,
    beta1: 0.8,
    beta2: 0.9,
    z_loss: 1e-4,
    ema_decay: 0.5,
    seq_len_warmup_steps: 2,
    grad_accum_steps: 2,
    mask_documents: true,
    activation_checkpointing: true,
    eval_every: 3,
    evaluate: false,
    verdict: false,
    log_every: 1,
    checkpoint_every: 2,
    checkpoint_minutes: 0,
    keep_checkpoints: 1,
  };
  const runId = await asked({ ...least, ...body });
  expect(await system.ended(runId)).toMatchObject({ status: "completed", message: "Training completed" });
  const kept = await readManifest(join(system.root, "models", runId, "manifest.json"));
  const manifest = kept ?? (await readManifest(join(system.root, "archived", `${runId}.json`)));
  expect(manifest?.config).toMatchObject(body);
  expect(manifest).toMatchObject({ steps: 6, verdict: null });
  const tuned = await asked({
    ...least,
    pretrained_run_id: runId,
    lora_rank: 2,
    lora_targets: ["c_attn"],
    max_steps: 1,
  });
  expect(await system.ended(tuned)).toMatchObject({ status: "completed" });
});

test("what contradicts itself or lies outside is refused in the words of the API, and nothing is queued", async () => {
  const before = await system.queues.trainer.getJobCountByTypes("waiting", "active", "failed", "completed");
  for (const [more, status, message] of [
    [{ corpus_weights: ["1"] }, 400, "corpus_weights are those of corpus_paths"],
    [
      { corpus_paths: ["a", "b"], corpus_weights: ["1", "2"] },
      422,
      "corpus_paths excludes corpus_path and corpus_file_id",
    ],
    [{ ...MIX, corpus_weights: ["1"] }, 400, "corpus_weights: 1 weight(s) for 2 texts; give each one, or none"],
    [{ ...MIX, corpus_weights: null }, 400, "corpus_weights: 0 weight(s) for 2 texts; give each one, or none"],
    [
      { ...MIX, corpus_weights: ["1", "-1"] },
      400,
      "corpus_weights must be numbers above 0, or two with a dash between: 0.3, 0.1-0.9",
    ],
    [
      { ...MIX, corpus_paths: ["corpus.txt", "none"] },
      404,
      'corpus_paths "none" leads to no text in the corpus folder of the server\'s data',
    ],
    [{ lora_rank: 4 }, 400, "lora_rank: an adapter changes a trained model; name one by pretrained_run_id"],
    [
      { optimizer: "schedule_free", ema_decay: 0.9 },
      400,
      "ema_decay: schedule_free averages the weights by itself; leave it out",
    ],
    [{ optimizer: "schedule_free", beta1: 0 }, 400, /^beta1: schedule_free takes gradients between/],
    [{ beta2: 1 }, 400, "beta2 must be < 1"],
    [{ lr_decay_fraction: 0 }, 400, "lr_decay_fraction must be > 0"],
    [{ lr_decay_fraction: 1.01 }, 400, "lr_decay_fraction must be <= 1"],
    [{ lora_alpha: 0 }, 400, "lora_alpha must be > 0"],
    [{ lr_schedule: "steps" }, 400, "lr_schedule must be one of: constant, cosine, linear, wsd"],
    [{ warmup_steps: 2 ** 60 }, 400, "warmup_steps must be <= 1000000000"],
    [{ grad_accum_steps: 65_537 }, 400, "grad_accum_steps must be <= 65536"],
    [{ keep_checkpoints: 1001 }, 400, "keep_checkpoints must be <= 1000"],
    [{ lora_targets: [] }, 400, "lora_targets must name one at least"],
    [{ lora_targets: "all" }, 400, "lora_targets must be a list of strings"],
    [{ lora_targets: [7] }, 400, "lora_targets.0 must be a string"],
    [{ lora_targets: [" "] }, 400, "lora_targets.0 must not be empty"],
    [{ lora_targets: ["a".repeat(257)] }, 400, "lora_targets.0 must have at most 256 characters"],
    [{ lora_targets: Array.from({ length: 1025 }, () => "a") }, 400, "lora_targets must be at most 1024 strings"],
    [{ evaluate: 1 }, 400, "evaluate must be a boolean"],
    [{ threads: 2 }, 422, "Extra fields not allowed: threads"],
    [{ run_id: "mine" }, 422, "Extra fields not allowed: run_id"],
  ] as const) {
    const answer = await ask(`${api.url}/runs/train`, { body: { ...least, ...more } });
    expect([answer.status, z.object({ message: z.string() }).parse(answer.json).message]).toEqual([
      status,
      typeof message === "string" ? message : matching(message),
    ]);
  }
  for (const number of ["1e999", "-1e999", "NaN", "Infinity"]) {
    const { status } = await ask(`${api.url}/runs/train`, {
      body: `{"corpus_path": "corpus.txt", "beta1": ${number}}`,
    });
    expect([number, status]).toEqual([number, 400]);
  }
  expect(await system.queues.trainer.getJobCountByTypes("waiting", "active", "failed", "completed")).toBe(before);
});
