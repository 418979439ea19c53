import { writeFileSync } from "node:fs";

const SUBJECTS = ["the king", "a fool", "my lord", "the queen", "some knave", "no man", "the moon", "a ghost"];
const VERBS = ["hath seen", "will curse", "doth love", "shall follow", "did betray", "would serve", "must fear"];
const OBJECTS = ["the crown", "a horse", "his brother", "the night", "old Rome", "this letter", "a rose", "the sea"];

/** Lines that a small model can learn something of, the same ones each time. */
export function writeCorpus(path: string, lines = 150): string {
  let random = 1;
  const pick = (words: readonly string[]) => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    return words[Math.floor((random / 2 ** 32) * words.length)] ?? "";
  };
  const text = Array.from(
    { length: lines },
    () => `${pick(SUBJECTS)} ${pick(VERBS)} ${pick(OBJECTS)}, ${pick(VERBS)} ${pick(OBJECTS)}.`,
  );
  writeFileSync(path, `${text.join("\n")}\n`);
  return path;
}

/** Options of a run of a fraction of a second; dropout is on, so that the generator's state matters. */
export const tiny = {
  modelSize: "tiny",
  modelConfig: { nEmbd: 16, nLayer: 2, nHead: 2 },
  vocabSize: 300,
  maxSeqLen: 16,
  batchSize: 8,
  learningRate: 3e-3,
  holdoutFraction: 0.1,
  testSplitRatio: 0.1,
  checkpointMinutes: 0,
  logEvery: 1,
  seed: 7,
  threads: 1,
} as const;
