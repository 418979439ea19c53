import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel, loss } from "@trainer/models";
import { near } from "@trainer/testing";
import { loadTokenizer } from "@trainer/tokenizers";
import { SGD, setNumThreads, tensor, type Tensor } from "@trainer/torch";
import { expect, test } from "vitest";
import { z } from "zod";
import { IGNORED, type Batch } from "../src/bins/batch.js";
import { ConversationEncoder, type EncodedConversation } from "../src/conversation/conversation-encoder.js";
import { readConversation } from "../src/corpus/conversation.js";
import { trainStep, type Stepper } from "../src/step/step.js";

setNumThreads(1);

const folder = fileURLToPath(new URL("fixtures/framed-qwen2", import.meta.url));
const Encoded = z.array(z.object({ ids: z.array(z.number()), trained: z.array(z.number()) }));
/** What fixtures/answers.py had of transformers. */
const expected = z
  .object({
    templates: z.record(z.string(), z.string()),
    conversations: z.array(z.unknown()),
    encoded: z.record(z.string(), Encoded),
    loss: z.number(),
    gradNorm: z.number(),
    gradients: z.record(z.string(), z.array(z.number())),
  })
  .parse(JSON.parse(readFileSync(fileURLToPath(new URL("fixtures/answers.json", import.meta.url)), "utf8")));
const tokenizer = await loadTokenizer(folder);
const conversations = expected.conversations.map(
  (messages, i) => readConversation({ messages }, { where: `conversation ${i}`, format: null }).turns,
);

/** All conversations by a template. */
function encoded(template: string): EncodedConversation[] {
  const encoder = new ConversationEncoder(template, tokenizer, false);
  return conversations.map((turns) => {
    const found = encoder.encode(turns);
    if ("wrong" in found) throw new Error(found.wrong);
    return found;
  });
}

/** The same template without its tags. */
const untagged = (template: string) =>
  template.replace(/ generation %/u, " if true %").replace("endgeneration", "endif");

test.each(Object.entries(expected.templates))(
  "ids and answers are those of transformers by its tags, and without them by what an answer adds: %s",
  (name, template) => {
    const wanted = expected.encoded[name]?.map(({ ids, trained }) => ({
      ids,
      trained: trained.map((each) => each === 1),
    }));
    for (const each of [template, untagged(template)])
      expect(encoded(each).map(({ ids, trained }) => ({ ids, trained }))).toEqual(wanted);
  },
);

/** Conversations as a batch of rows that are padded. */
function batchOf(rows: readonly EncodedConversation[]): Batch {
  const length = Math.max(...rows.map(({ ids }) => ids.length)) - 1;
  const padded = (values: readonly number[], by: number) => [
    ...values,
    ...Array.from({ length: length - values.length }, () => by),
  ];
  const int64 = (each: (row: EncodedConversation) => number[]): Tensor =>
    tensor(BigInt64Array.from(rows.flatMap(each), BigInt), [rows.length, length]);
  const labels = ({ ids, trained }: EncodedConversation) => ids.map((id, i) => (trained[i] === true ? id : IGNORED));
  return {
    inputs: int64(({ ids }) => padded(ids.slice(0, -1), 0)),
    targets: int64((row) => padded(labels(row).slice(1), IGNORED)),
    tokens: rows.flatMap((row) => row.trained.slice(1)).filter(Boolean).length,
  };
}

const rows = encoded(expected.templates["chatml"] ?? "");

test("loss and gradients of a batch of answers are those of transformers with all else masked", async () => {
  const { model } = await loadModel(folder);
  const mean = loss(model, batchOf(rows), { training: true });
  expect(mean.item()).toBeCloseTo(expected.loss, 5);
  mean.backward();
  const gradients = new Map(Array.from(model.params.named(), ([name, param]) => [name, param.grad?.data()]));
  expect(Object.keys(expected.gradients).length).toBeGreaterThan(10);
  for (const [name, values] of Object.entries(expected.gradients)) {
    const ours = Array.from(gradients.get(name) ?? [], Number);
    expect([name, ours]).toEqual([name, values.map((value) => near(value, 5))]);
  }
});

test("a step over eight conversations at once is that over one at a time, eight times", async () => {
  const step = async (batches: readonly Batch[]) => {
    const { model } = await loadModel(folder);
    const stepper: Stepper = {
      model,
      params: model.params.list(),
      optimizer: new SGD(model.params.named(), { lr: 1 }),
      compute: { device: "cpu", precision: "fp32" },
      gradientClipping: 0,
      scaler: null,
    };
    const left = [...batches];
    const next = () => left.shift() ?? batchOf([]);
    const result = trainStep(stepper, next, batches.length);
    return { result, weights: model.params.list().flatMap((param) => Array.from(param.data(), Number)) };
  };
  const whole = await step([batchOf(rows)]);
  const parts = await step(rows.map((row) => batchOf([row])));
  expect(whole.result).toMatchObject({ loss: near(expected.loss, 5), gradNorm: near(expected.gradNorm, 4) });
  expect(parts.result).toMatchObject({
    loss: near(whole.result.loss, 5),
    gradNorm: near(whole.result.gradNorm, 4),
    tokens: whole.result.tokens,
  });
  const difference = Math.max(...whole.weights.map((weight, i) => Math.abs(weight - Number(parts.weights[i]))));
  expect(difference).toBeLessThan(1e-5);
});
