import { readFileSync } from "node:fs";
import { familyInfo, isFamily, loadModel, logits, loss, planModel, saveModel } from "@trainer/models";
import { scratch } from "@trainer/testing";
import { markdown } from "@trainer/testing/markdown";
import { nope } from "@trainer/testing/nope";
import { AdamW, noGrad, scope, setNumThreads, Tape, tensor } from "@trainer/torch";
import { expect, test } from "vitest";

setNumThreads(1);
const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const ids = tensor(
  Array.from({ length: 24 }, (_, i) => (i * i) % 7),
  [2, 12],
  { dtype: "int64" },
);
const small = { size: "tiny", dimensions: { width: 32 }, vocabSize: 10, contextLength: 16 };

test("the page shows the file that is tested here", () => {
  const blocks = markdown(text("../../../docs/add-a-family.md")).filter(({ type }) => type === "code");
  expect(blocks.map(({ lang }) => lang)).toEqual(["ts", "js", "js"]);
  expect(`${blocks[0]?.value}\n`).toBe(text("../../testing/src/nope.ts"));
});

test("a family added in one file can be asked for, learns, and is saved and loaded", async () => {
  expect([isFamily(nope.name), familyInfo("nope")?.outline(small).layers]).toEqual([true, 2]);
  const model = planModel("nope", small).build({ seed: 1 });
  const batch = { inputs: ids.narrow(1, 0, 11), targets: ids.narrow(1, 1, 11) };
  const optimizer = new AdamW(model.params.named(), { lr: 1e-2 });
  const losses = Array.from({ length: 30 }, () =>
    scope(() => {
      const mean = loss(model, batch, { training: true });
      mean.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return mean.item();
    }),
  );
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
  await using dir = await scratch();
  await saveModel(dir.path, model, { bosTokenId: null, eosTokenId: 3, padTokenId: null });
  const { model: again } = await loadModel(dir.path);
  expect(logits(again, ids, { training: false }).toArray()).toEqual(logits(model, ids, { training: false }).toArray());
});

test("on a tape it has the gradients that it has without", () => {
  const run = (tape: Tape | undefined) => {
    const model = planModel("nope", small).build({ seed: 1 });
    const mean = loss(model, { inputs: ids, targets: ids }, { training: true, tape });
    if (tape === undefined) mean.backward();
    else tape.backward(mean, [model.head]);
    return model.params.list().map((p) => p.grad?.data());
  };
  expect(run(new Tape())).toEqual(run(undefined));
});

test("with its cache, token by token, it computes what it computes at once", () => {
  const model = planModel("nope", small).build({ seed: 1 });
  using cache = model.newCache(2);
  noGrad(() => {
    const whole = logits(model, ids, { training: false });
    for (let t = 0; t < 12; t++) {
      const next = logits(model, ids.narrow(1, t, 1), { training: false, cache });
      expect(
        next
          .sub(whole.narrow(1, t, 1))
          .abs()
          .max()
          .item(),
      ).toBeLessThan(1e-5);
    }
  });
});

test("what cannot be is refused by name", () => {
  const other = (dimensions: object) => () =>
    planModel("nope", { ...small, dimensions: Object.fromEntries(Object.entries(dimensions)) });
  expect(other({ width: 30 })).toThrow("width must be a multiple of heads");
  expect(other({ nLayer: 3 })).toThrow("nope has no nLayer; its dimensions are: width, layers, heads");
});
