// Trains a tokenizer and a very small GPT-2 on a text file and shows the losses.
//   node examples/train-on-a-file.js [FILE]
import { argv, env } from "node:process";
import { fileURLToPath } from "node:url";
import { train } from "@trainer/training";

const corpus = argv[2] ?? fileURLToPath(new URL("corpus/tinyshakespeare.txt", import.meta.url));

const result = await train(
  {
    corpus,
    document: "file",
    vocabSize: 512,
    modelSize: "tiny",
    modelConfig: { nLayer: 2, nEmbd: 64, nHead: 4 },
    maxSeqLen: 64,
    batchSize: 8,
    maxSteps: 100,
    evalEvery: 50,
    learningRate: 3e-3,
  },
  {
    home: env["TRAINER_HOME"] ?? "runs",
    onEvent(event) {
      if (event.type === "step")
        console.log(`step ${event.step} of ${event.totalSteps}: loss ${event.loss.toFixed(3)}`);
      if (event.type === "eval") console.log(`  ${event.split}: loss ${event.loss.toFixed(3)}`);
    },
  },
);

console.log(`run ${result.runId}: test perplexity ${result.testPerplexity?.toFixed(1)}, saved in ${result.path}`);
