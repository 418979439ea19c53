import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { matching, scratch } from "@trainer/testing";
import {
  manualSeed,
  memoryStats,
  noGrad,
  readSafetensors,
  scope,
  setNumThreads,
  tensor,
  writeSafetensors,
  zeros,
  type Tensor,
} from "@trainer/torch";
import { expect, test } from "vitest";
import { fixtureOf } from "../test/fixtures.js";
import { gpt2 } from "./gpt2.js";
import { charLstm } from "./char-lstm.js";
import { charLstmConfig } from "./char-lstm-config.js";
import { gpt2Config } from "./gpt2-config.js";
import { loadModel, saveModel } from "./hf.js";
import { addLora } from "./lora.js";
import { llama } from "./llama.js";
import { llamaConfig } from "./llama-config.js";
import { logits, loss } from "./model.js";
import { loadAdapter, saveAdapter } from "./peft.js";
import { build } from "./registry.js";

setNumThreads(1);
const { tensors: base } = readSafetensors(fixtureOf("gpt2/reference.safetensors"));

function from(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`the fixture has no ${name}`);
  return found;
}
const difference = (a: Tensor | null | undefined, b: Tensor) =>
  a === null || a === undefined ? Number.NaN : a.detach().sub(b).abs().max().item();

/** Labels as transformers takes them: each position predicts the next one, the last none. */
function firstBatch() {
  const inputs = from(base, "ids").select(0, 0); // (B, T)
  const targets = inputs.clone();
  targets.narrow(1, 0, inputs.size(1) - 1).copy_(inputs.narrow(1, 1, inputs.size(1) - 1));
  targets.narrow(1, inputs.size(1) - 1, 1).fill_(-100);
  return { inputs, targets };
}

test.each(["all", "one"])(
  "an adapter of PEFT (layers: %s) gives its logits, loss, gradients and merged weights",
  async (name) => {
    const { tensors: reference } = readSafetensors(fixtureOf(`lora/${name}/reference.safetensors`));
    const { model } = await loadModel(fixtureOf("gpt2"));
    const lora = await loadAdapter(fixtureOf(`lora/${name}`), model);
    const batch = firstBatch();
    expect(difference(logits(lora.model, batch.inputs, { training: false }), from(reference, "logits"))).toBeLessThan(
      1e-5,
    );
    const mean = loss(lora.model, batch, { training: true });
    expect(difference(mean, from(reference, "loss"))).toBeLessThan(1e-5);
    mean.backward();
    const wrong = [...lora.adapter.named()].filter(
      ([n, p]) => !(difference(p.grad, from(reference, `grad.${n}`)) < 1e-4),
    );
    expect(wrong.map(([n]) => n)).toEqual([]);
    expect(model.params.list().filter((p) => p.grad !== null || p.requiresGrad)).toEqual([]); // the base is frozen
    const merged = [...lora.merged()].filter(([n, t]) => !(difference(t, from(reference, `merged.${n}`)) < 1e-5));
    expect(merged.map(([n]) => n)).toEqual([]);
  },
);

const config = gpt2Config({ vocabSize: 40, nPositions: 8, nEmbd: 12, nLayer: 2, nHead: 2, initializerRange: 0.3 });
const ids = tensor(BigInt64Array.of(5n, 6n, 7n, 8n), [1, 4]);
const evaluate = { training: false };

test("a new adapter changes nothing yet; trained, it is what merging it into the weights gives", async () => {
  const model = build(gpt2, config, { seed: 1 });
  const before = logits(model, ids, evaluate);
  const lora = addLora(model, { rank: 3, alpha: 6 });
  expect(difference(logits(lora.model, ids, evaluate), before)).toBeLessThan(1e-5);
  expect(lora.targetModules).toEqual(["c_attn", "c_fc", "c_proj"]);
  noGrad(() => {
    for (const p of lora.adapter.list()) p.normal_(0, 0.3);
  });
  const adapted = logits(lora.model, ids, evaluate);
  expect(difference(adapted, before)).toBeGreaterThan(0.1);
  const whole = build(gpt2, config, { seed: 2 });
  whole.params.load(lora.merged());
  expect(difference(logits(whole, ids, evaluate), adapted)).toBeLessThan(1e-4);
});

test("merging leaves no tensor but the merged weights", () => {
  const lora = addLora(build(gpt2, config, { seed: 1 }), { rank: 3, alpha: 6 });
  const own = new Set(lora.model.params.list());
  const { liveTensors } = memoryStats();
  const made = [...lora.merged().values()].filter((t) => !own.has(t));
  expect(memoryStats().liveTensors).toBe(liveTensors + made.length);
});

test("layers that store their weights (out, in) merge as well", async () => {
  const { model } = await loadModel(fixtureOf("llama"));
  const lora = addLora(model, { rank: 2, alpha: 4, targets: ["q_proj", "down_proj"] });
  expect([lora.inOut, lora.targetModules]).toEqual([false, ["down_proj", "q_proj"]]);
  noGrad(() => lora.adapter.list().forEach((p) => p.normal_(0, 0.3)));
  const { model: whole } = await loadModel(fixtureOf("llama"));
  const adapted = logits(lora.model, ids, evaluate);
  expect(difference(logits(whole, ids, evaluate), adapted)).toBeGreaterThan(0.1);
  whole.params.load(lora.merged());
  expect(difference(logits(whole, ids, evaluate), adapted)).toBeLessThan(1e-4);
});

test("its dropout is on while training, and only on its own input", () => {
  const lora = addLora(build(gpt2, { ...config, embdPdrop: 0, attnPdrop: 0, residPdrop: 0 }, { seed: 1 }), {
    rank: 2,
    alpha: 2,
    dropout: 0.5,
    targets: ["h.1.attn.c_attn", "c_fc"],
  });
  expect([...lora.adapter.named().keys()]).toEqual([
    "base_model.model.transformer.h.0.mlp.c_fc.lora_A.weight",
    "base_model.model.transformer.h.0.mlp.c_fc.lora_B.weight",
    "base_model.model.transformer.h.1.attn.c_attn.lora_A.weight",
    "base_model.model.transformer.h.1.attn.c_attn.lora_B.weight",
    "base_model.model.transformer.h.1.mlp.c_fc.lora_A.weight",
    "base_model.model.transformer.h.1.mlp.c_fc.lora_B.weight",
  ]);
  const run = (training: boolean, seed: number) => {
    manualSeed(seed);
    return logits(lora.model, ids, { training });
  };
  expect(difference(run(true, 1), run(true, 2))).toBe(0); // B is zero still
  noGrad(() => lora.adapter.list().forEach((p) => p.fill_(0.1)));
  expect(difference(run(true, 1), run(true, 2))).toBeGreaterThan(0);
  expect(difference(run(false, 1), run(false, 2))).toBe(0);
});

test("A is drawn as PEFT draws it, evenly up to one by the root of its inputs; B is zero", () => {
  const { adapter } = addLora(build(gpt2, { ...config, nEmbd: 64, nInner: 16 }, { seed: 1 }), { rank: 8, alpha: 8 });
  for (const [name, p] of adapter.named()) {
    const bound = name.endsWith("lora_A.weight") ? 1 / Math.sqrt(p.size(1)) : 0;
    const most = p.abs().max().item();
    expect([name, most <= bound, most >= 0.9 * bound]).toEqual([name, true, true]);
    expect(p.mul(p).mean().item() * 3).toBeCloseTo(bound ** 2, 2); // the variance of an even draw
  }
});

test("an adapter is where its base is, in its type, and on the layer alone whose whole path is named", () => {
  const base = build(gpt2, config, { device: "meta", dtype: "bfloat16" });
  const { adapter, targetModules } = addLora(base, { rank: 2, alpha: 2, targets: ["transformer.h.1.mlp.c_fc"] });
  const prefix = "base_model.model.transformer.h.1.mlp.c_fc";
  expect([...adapter.named()].map(([name, p]) => [name, p.device, p.dtype])).toEqual([
    [`${prefix}.lora_A.weight`, "meta", "bfloat16"],
    [`${prefix}.lora_B.weight`, "meta", "bfloat16"],
  ]);
  expect(targetModules).toEqual(["c_fc"]);
});

test("layers that are not there are refused with those that are", () => {
  const model = build(gpt2, config, { device: "meta" });
  expect(() => addLora(model, { rank: 2, alpha: 2, targets: ["c_attn", "q_proj"] })).toThrow(
    'LoRA on this gpt2: it has no linear layer "q_proj"; its layers that take one: c_attn, c_proj, c_fc',
  );
  const lstm = build(charLstm, charLstmConfig({ vocabSize: 20, maxSeqLen: 8 }), { device: "meta" });
  expect(() => addLora(lstm, { rank: 2, alpha: 2 })).toThrow(
    expect.objectContaining({
      code: "MODEL_INCOMPATIBLE",
      message: matching(/adapters have no place in it; .*: none$/),
    }),
  );
});

test("an adapter that is of another kind, damaged or for another model is refused", async () => {
  await using dir = await scratch();
  const model = build(gpt2, config, { seed: 1 });
  await saveAdapter(dir.path, addLora(model, { rank: 2, alpha: 2 }), "base");
  const path = dir.join("adapter_config.json");
  const written = readFileSync(path, "utf8");
  await expect(loadAdapter(fixtureOf("lora/all"), model)).rejects.toMatchObject({
    code: "MODEL_LOAD_FAILED",
    message: matching(/lora\/all: TorchError: .*lora_A/s), // of another size
    cause: { name: "TorchError" },
  });
  writeFileSync(path, written.replace('"r": 2', '"r": 1000000000')); // 10^12 numbers, which the file has not
  await expect(loadAdapter(dir.path, model)).rejects.toThrow(
    /the ranks in it are 2, and adapter_config.json says 10{9}$/,
  );
  writeFileSync(path, written.replace('"c_attn"', '"q_proj"'));
  await expect(loadAdapter(dir.path, model)).rejects.toMatchObject({ code: "MODEL_INCOMPATIBLE" });
  await writeSafetensors(dir.join("adapter_model.safetensors"), [["other", zeros([1])]]);
  await expect(loadAdapter(dir.path, model)).rejects.toThrow("the ranks in it are none");
  writeFileSync(path, written.replace('"bias": "none"', '"bias": "none", "use_dora": true'));
  await expect(loadAdapter(dir.path, model)).rejects.toThrow(/adapter_config.json: .*use_dora/);
  writeFileSync(path, "{");
  await expect(loadAdapter(dir.path, model)).rejects.toMatchObject({
    code: "MODEL_LOAD_FAILED",
    cause: { name: "SyntaxError" },
  });
});

test("what is saved says to PEFT how the adapter is built, and is the same when it is loaded", async () => {
  await using dir = await scratch();
  const lora = addLora(build(gpt2, config, { seed: 1 }), { rank: 3, alpha: 6, dropout: 0.25 });
  noGrad(() => lora.adapter.list().forEach((p) => p.normal_(0, 0.3)));
  const saved = dir.join("new", "adapter");
  await saveAdapter(saved, lora, "/models/base");
  const written: unknown = JSON.parse(readFileSync(join(saved, "adapter_config.json"), "utf8"));
  expect(written).toEqual({
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: "/models/base",
    r: 3,
    lora_alpha: 6,
    lora_dropout: 0.25,
    target_modules: ["c_attn", "c_fc", "c_proj"],
    fan_in_fan_out: true,
    bias: "none",
    inference_mode: true,
  });
  expect(readSafetensors(join(saved, "adapter_model.safetensors")).metadata).toEqual({ format: "pt" });
  const again = await loadAdapter(saved, build(gpt2, config, { seed: 1 }));
  expect(again.options).toEqual({ rank: 3, alpha: 6, dropout: 0.25, targets: lora.targetModules });
  expect(difference(logits(again.model, ids, evaluate), logits(lora.model, ids, evaluate))).toBe(0);
});

const python = [process.env["PEERS_PYTHON"] ?? "python3", "python3"].find((program) => {
  const probe = "import importlib.util as u, sys; sys.exit(not (u.find_spec('peft') and u.find_spec('torch')))";
  return spawnSync(program, ["-c", probe]).status === 0;
});
if (python === undefined) console.log("not run here: PEFT loads what is saved (no Python with it; set PEERS_PYTHON)");

test.skipIf(python === undefined)("PEFT loads what is saved, with equal logits", { timeout: 240_000 }, async () => {
  await using dir = await scratch();
  const model = build(gpt2, config, { seed: 1 });
  await saveModel(dir.path, model, { bosTokenId: 2, eosTokenId: 3, padTokenId: 0 });
  const lora = addLora(model, { rank: 3, alpha: 6 });
  noGrad(() => lora.adapter.list().forEach((p) => p.normal_(0, 0.3)));
  await saveAdapter(dir.join("adapter"), lora, dir.path);
  const script = `
import json, sys, torch
from peft import AutoPeftModelForCausalLM
model = AutoPeftModelForCausalLM.from_pretrained(sys.argv[1])
print(json.dumps(model.eval()(torch.tensor([[5, 6, 7, 8]])).logits.flatten().tolist()))`;
  const out = execFileSync(python ?? "", ["-c", script, dir.join("adapter")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const theirs: unknown = JSON.parse(out.trim().split("\n").at(-1) ?? "");
  const ours = scope(() => Array.from(logits(lora.model, ids, evaluate).flatten().data(), Number));
  expect(theirs).toEqual(ours.map((x): unknown => expect.closeTo(x, 5)));
});

test("every linear layer of a LLaMA but its head takes an adapter, and merging it gives the same", () => {
  const sizes = { vocabSize: 40, hiddenSize: 16, intermediateSize: 24, numHiddenLayers: 1, numAttentionHeads: 2 };
  const make = (seed: number) => build(llama, llamaConfig({ ...sizes, maxPositionEmbeddings: 8 }), { seed });
  const lora = addLora(make(1), { rank: 2, alpha: 4 });
  const names = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"];
  expect([lora.targetModules, lora.inOut]).toEqual([names, false]);
  noGrad(() => lora.adapter.list().forEach((p) => p.normal_(0, 0.3)));
  const whole = make(2);
  whole.params.load(lora.merged());
  expect(difference(logits(whole, ids, evaluate), logits(lora.model, ids, evaluate))).toBeLessThan(1e-4);
});
