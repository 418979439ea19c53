import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setNumThreads, tensor } from "@trainer/torch";
import { afterAll, expect, test } from "vitest";
import { fixtureOf, TRANSFORMERS } from "../test/fixtures.js";
import { loadModel, saveModel } from "./hf.js";
import { logits } from "./model.js";

setNumThreads(1);
const near = (value: number): unknown => expect.closeTo(value, 5); // without its `any`
const dir = mkdtempSync(join(tmpdir(), "transformers-"));
afterAll(() => rmSync(dir, { recursive: true }));

/** A Python that has transformers: PEERS_PYTHON's, or the one on the path. */
const python = [process.env["PEERS_PYTHON"] ?? "python3", "python3"].find((program) => {
  const probe = "import importlib.util as u, sys; sys.exit(not (u.find_spec('transformers') and u.find_spec('torch')))";
  return spawnSync(program, ["-c", probe]).status === 0;
});
if (python === undefined)
  console.log("not run here: transformers loads what is saved (no Python with it; set PEERS_PYTHON)");

const SCRIPT = `
import json, sys, torch
from transformers import AutoModelForCausalLM
found = []
for folder in sys.argv[1:]:
    model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    assert model.generation_config.eos_token_id == 3 and model.config.pad_token_id == 0
    found.append(model.eval()(torch.tensor([[5, 6, 7, 8]])).logits.flatten().tolist())
print(json.dumps(found))`;

test.skipIf(python === undefined)(
  "transformers loads what is saved, of every family, with equal logits",
  { timeout: 120_000 },
  async () => {
    const ids = tensor(BigInt64Array.from([5n, 6n, 7n, 8n]), [1, 4]);
    const ours: number[][] = [];
    for (const name of TRANSFORMERS) {
      const { model } = await loadModel(fixtureOf(name));
      const options = name === "llama" ? { maxShardBytes: 12_000 } : {}; // one of them in several files
      await saveModel(join(dir, name), model, { bosTokenId: 2, eosTokenId: 3, padTokenId: 0 }, options);
      ours.push(Array.from(logits(model, ids, { training: false }).flatten().data(), Number));
    }
    const args = ["-c", SCRIPT, ...TRANSFORMERS.map((name) => join(dir, name))];
    const out = execFileSync(python ?? "", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const theirs: unknown = JSON.parse(out.trim().split("\n").at(-1) ?? "");
    expect(theirs).toEqual(ours.map((row) => row.map(near)));
  },
);
