import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { NO_FRAME, trainChar } from "@trainer/tokenizers";
import { memoryStats, scope } from "@trainer/torch";
import { expect, test } from "vitest";
import { buildBins } from "../bins/build-bins.js";
import { openCorpus } from "../corpus/corpus.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { planEvaluation, type EvaluationOptions, type PlannedEvaluation } from "./planned-evaluation.js";

const TEXT = "abcdefgh\nij\nklmé";
const EOS = 3;
const _ = -100; // a target that does not count

const whole: EvaluationOptions = {
  context: 4,
  stride: 4,
  batchSize: 2,
  evalTokens: 0,
  seed: 1,
  documentEnd: null,
  device: "cpu",
};

/** A bin of the lines of a text, by characters of which the tokenizer knows those of `known`. */
async function binOf(text: string, { known = text, measureTraining = true } = {}) {
  const folder = await temporaryFolder();
  const path = join(folder.path, "text.txt");
  await writeFile(path, text);
  const tokenizer = await trainChar({ texts: [known.replaceAll("\n", "")] });
  const { train } = await buildBins({
    corpus: await openCorpus(path, { document: "line" }),
    tokenizer,
    split: { holdoutFraction: 0, testSplitRatio: 0, seed: 0 },
    frame: NO_FRAME,
    measureTraining,
    cacheDir: join(folder.path, "bins"),
  });
  const plan = (options: Partial<EvaluationOptions> = {}) => planEvaluation(train, tokenizer, { ...whole, ...options });
  return { folder, plan, ids: (characters: string) => Array.from(characters, (c) => tokenizer.encode(c)[0]) };
}

/** Every batch from the beginning, its rows as numbers. */
function batchesOf(planned: PlannedEvaluation) {
  using data = planned.open();
  return Array.from({ length: data.batches }, () =>
    scope(() => {
      const { inputs, targets, documents, tokens } = data.next();
      const rows = [inputs, targets, ...(documents === undefined ? [] : [documents])].map((t) => {
        const [numbers, width] = [Array.from(t.data(), Number), t.size(1)];
        return Array.from({ length: t.size(0) }, (_row, i) => numbers.slice(i * width, (i + 1) * width));
      });
      return { rows, tokens };
    }),
  );
}

test("windows side by side predict each token from those before it in its window, the last filled up with what does not count", async () => {
  const { folder, plan, ids } = await binOf(TEXT);
  await using _folder = folder;
  const [a, b, c, d, e, f, g, h, i, j, k, l, m, é] = ids("abcdefghijklmé");
  const planned = await plan();
  expect(planned).toMatchObject({ targets: 16, batches: 2, sampled: false, bytes: 15, characters: 14 });
  const wanted = [
    {
      rows: [
        [
          [a, b, c, d],
          [e, f, g, h],
        ],
        [
          [b, c, d, e],
          [f, g, h, EOS],
        ],
      ],
      tokens: 8,
    },
    {
      rows: [
        [
          [EOS, i, j, EOS],
          [k, l, m, é],
        ],
        [
          [i, j, EOS, k],
          [l, m, é, EOS],
        ],
      ],
      tokens: 8,
    },
  ];
  expect(batchesOf(planned)).toEqual(wanted);
  expect(batchesOf(planned)).toEqual(wanted); // from the beginning again
  expect(planned.documentLengths).toMatchObject({ count: 3, min: 2, mean: 14 / 3, max: 8 });
});

test("windows that overlap read what they share and count each token once", async () => {
  const { folder, plan, ids } = await binOf("abcdefg");
  await using _folder = folder;
  const [a, b, c, d, e, f, g] = ids("abcdefg");
  const planned = await plan({ stride: 2, documentEnd: EOS });
  expect([planned.targets, planned.batches]).toEqual([7, 2]);
  const none = [0, 0, 0, 0];
  expect(batchesOf(planned)).toEqual([
    {
      rows: [
        [
          [a, b, c, d],
          [c, d, e, f],
        ],
        [
          [b, c, d, e],
          [_, _, f, g],
        ],
        [none, none],
      ],
      tokens: 6,
    },
    { rows: [[[e, f, g, 0]], [[_, _, EOS, _]], [none]], tokens: 1 },
  ]);
  expect((await plan({ stride: 9 })).batches).toBe(1); // no further than a context: nothing is passed over
  expect((await plan({ stride: 9 })).targets).toBe(7);
});

test("where documents are kept apart each token has the number of its document in its row", async () => {
  const { folder, plan } = await binOf(TEXT);
  await using _folder = folder;
  const [first, second] = batchesOf(await plan({ documentEnd: EOS }));
  expect([first?.rows[2], second?.rows[2]]).toEqual([
    [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ],
    [
      [0, 1, 1, 1],
      [0, 0, 0, 0],
    ],
  ]);
});

test("a sample is of whole windows, with the text of its targets alone", async () => {
  const { folder, plan } = await binOf(`${"a".repeat(39)}é`);
  await using _folder = folder;
  const all = await plan();
  const few = await plan({ evalTokens: 9, seed: 2 });
  expect(all).toMatchObject({ targets: 40, batches: 5, sampled: false, bytes: 41, characters: 40 });
  expect(few).toMatchObject({ targets: 12, batches: 2, sampled: true, characters: 12 });
  expect(batchesOf(few).map(({ tokens }) => tokens)).toEqual([8, 4]);
  const [whole, part] = [all.open(), few.open()];
  expect(whole.text).toEqual({ bytes: 40, characters: 39 }); // all but the first letter, which is not predicted
  expect(part.text).toEqual({ bytes: few.bytes, characters: 12 });
  for (const data of [whole, part]) data[Symbol.dispose]();
});

test("a text that does not come back from its tokens has no figures per byte", async () => {
  const { folder, plan } = await binOf("abcab", { known: "abd" });
  await using _folder = folder;
  const planned = await plan();
  using data = planned.open();
  expect([planned.bytes, planned.characters, data.text]).toEqual([5, 5, null]);
});

test("a text that was not measured has no figures per byte either: whether it comes back nobody knows", async () => {
  const { folder, plan } = await binOf(TEXT, { measureTraining: false });
  await using _folder = folder;
  const planned = await plan();
  using data = planned.open();
  expect([planned.bytes, data.text]).toEqual([15, null]);
});

test("nothing of an evaluation that is over stays in native memory", async () => {
  const { folder, plan } = await binOf(TEXT);
  await using _folder = folder;
  const planned = await plan({ documentEnd: EOS });
  const before = memoryStats().liveTensors;
  expect(batchesOf(planned)).toHaveLength(2);
  expect(memoryStats().liveTensors).toBe(before);
});

test("a text of one letter has no figures per byte: what is predicted is its end", async () => {
  const { folder, plan } = await binOf("a");
  await using _folder = folder;
  const planned = await plan();
  using data = planned.open();
  expect([planned.targets, planned.bytes, data.text]).toEqual([1, 1, null]);
});
