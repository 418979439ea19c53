import { expect, test } from "vitest";
import { trainCommand } from "./train-command.js";

const plan = { words: ["my text.txt"], options: {}, given: new Set<string>(), flags: " --home h" };

test("what was decided and what was typed stand in the command, dimensions in place of a size", () => {
  const modelConfig = { hiddenSize: 128, numHiddenLayers: 4, tieWordEmbeddings: true };
  const line = trainCommand({
    ...plan,
    options: { seed: 7, batchSize: 3, estimate: true, document: "file" },
    given: new Set(["seed", "estimate"]),
    decided: { modelFamily: "llama", modelSize: "tiny", modelConfig, learningRate: 0.004, maxSeconds: null },
  });
  expect(line.split(" --").toSorted()).toEqual(
    [
      "trainer train 'my text.txt'",
      "hidden-size 128",
      "home h",
      "learning-rate 0.004",
      "model llama",
      "num-hidden-layers 4",
      "seed 7",
      "tie-word-embeddings",
    ].toSorted(),
  );
});

test("rates of dropout are one flag, and a size by its name stands as it is", () => {
  const rates = { embdPdrop: 0, attnPdrop: 0, residPdrop: 0 };
  const line = trainCommand({ ...plan, decided: { modelConfig: { ...rates, nLayer: 2 }, modelSize: "tiny" } });
  expect(line).toBe("trainer train 'my text.txt' --dropout 0 --n-layer 2 --home h");
  expect(trainCommand({ ...plan, decided: { modelSize: "small", modelConfig: {} } })).toBe(
    "trainer train 'my text.txt' --size small --home h",
  );
  expect(trainCommand({ ...plan, decided: {} })).toBe("trainer train 'my text.txt' --home h");
});
