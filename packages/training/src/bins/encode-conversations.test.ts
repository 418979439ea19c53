import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { trainBpe, trainChar, loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { scope } from "@trainer/torch";
import type { FormatChoice } from "@trainer/options";
import { expect, test } from "vitest";
import { CHATML, CHATML_TOKENS } from "../conversation/chatml.js";
import { openCorpus } from "../corpus/corpus.js";
import { temporaryFolder } from "../home/temporary-folder.js";
import { planEvaluation } from "../step/planned-evaluation.js";
import { BatchLoader } from "./batch-loader.js";
import { HEADER_BYTES } from "./bin-format.js";
import { buildBins, type Bins } from "./build-bins.js";
import { ConversationWriter } from "./conversation-writer.js";
import { conversationsOf, type Conversations } from "./encode-conversations.js";
import { MASK } from "./mask.js";

const SPECIALS = ["[UNK]", "[EOS]", ...CHATML_TOKENS];
const tokenizer: Tokenizer = await trainBpe({ texts: ["user assistant"], vocabSize: 280, specials: SPECIALS });
const _ = -100;

const said = (question: string, answer: string) => ({
  messages: [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ],
});

interface Ways {
  readonly of?: Tokenizer;
  readonly context?: number;
  readonly records?: FormatChoice;
  readonly split?: number;
  readonly specialTokens?: boolean;
  readonly change?: (conversations: Conversations | null) => Conversations | null;
}

/** The bins of conversations, in a folder that keeps them. */
async function home(conversations: readonly unknown[]) {
  const folder = await temporaryFolder();
  const path = join(folder.path, "chats.jsonl");
  await writeFile(path, conversations.map((each) => JSON.stringify(each)).join("\n"));
  const bins = async ({
    of = tokenizer,
    context = 64,
    records = "auto",
    split = 0,
    ...ways
  }: Ways = {}): Promise<Bins> => {
    const corpus = await openCorpus(path, { document: "line", records });
    const own = await conversationsOf(corpus, of, context);
    return await buildBins({
      corpus,
      tokenizer: of,
      split: { holdoutFraction: split, testSplitRatio: split, seed: 1 },
      measureTraining: split === 0,
      specialTokens: ways.specialTokens,
      conversations: ways.change === undefined ? own : ways.change(own),
      cacheDir: join(folder.path, "bins"),
    });
  };
  return { path, bins, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** The tokens of a bin as texts, each with what its mask says of it. */
async function told(bins: Bins): Promise<string[]> {
  const bytes = (await readFile(bins.train.path)).subarray(HEADER_BYTES);
  const ids = Array.from({ length: bins.train.tokens }, (_, i) => bytes.readUInt16LE(2 * i));
  const mask = await readFile(String(bins.train.mask));
  expect(mask.length).toBe(ids.length);
  const names = Object.fromEntries(Object.entries(MASK).map(([name, flag]) => [flag, name]));
  const parts: string[] = [];
  let before = "";
  for (const [i, id] of ids.entries()) {
    const name = names[Number(mask[i])] ?? "";
    const token = tokenizer.decode([id], { skipSpecial: false });
    if (name === before) parts.push(`${parts.pop() ?? ""}${token}`);
    else parts.push(`${name}: ${token}`);
    before = name;
  }
  return parts;
}

test("conversations share sequences, whole, and their masks say which tokens are learnt", async () => {
  await using folder = await home([said("ab", "c"), said("d", "ef"), said("g", "h")]);
  using bins = await folder.bins({ context: 30 });
  const talk = (question: string, answer: string) => [
    "begins: <|im_start|>",
    `read: user\n${question}<|im_end|>\n<|im_start|>assistant\n`,
    `learnt: ${answer}<|im_end|>`,
  ];
  const parts = await told(bins);
  expect(parts.filter((part) => !part.startsWith("padding"))).toEqual([
    ...talk("ab", "c"),
    "read: \n",
    ...talk("d", "ef"),
    "read: \n",
    ...talk("g", "h"),
    "read: \n",
  ]);
  expect(parts.find((part) => part.startsWith("padding"))).toMatch(/^padding: (\[UNK\])+$/);
  expect(bins.counts.train.mask).toMatchObject({ turns: 6, learnt: 7, cut: 0, dropped: 0 });
  expect(bins.train).toMatchObject({ documents: 3, bytes: 8, measured: { characters: 8, loss: { bytes: 0 } } });
});

test("of what is longer than a sequence the end is left out, or all where no answer is within it", async () => {
  await using folder = await home([said("a", "b".repeat(90)), said("q".repeat(90), "c"), said("d", "e")]);
  using bins = await folder.bins({ context: 32 });
  expect(bins.counts.train).toMatchObject({ documents: 2, mask: { turns: 4, cut: 1, dropped: 1 } });
  const answers = (await told(bins)).filter((part) => part.startsWith("learnt"));
  expect(answers).toEqual([expect.stringMatching(/^learnt: b+$/), "learnt: e<|im_end|>"]);
  await expect(folder.bins({ context: 8 })).rejects.toThrow(
    /^of the 3 conversations of the train split no answer is within 8 tokens, a sequence: take longer ones \(--max-seq-len\)/,
  );
});

test("a conversation of thousands of turns takes no longer than what a sequence holds of it", async () => {
  const turns = [...Array<undefined>(400)].flatMap((_, i) =>
    i < 300 ? said(`q${i}`, "").messages[0] : said("q", `a${i}`).messages,
  );
  const never = [...Array<undefined>(9600)].flatMap(() => said("q", "a").messages);
  await using own = await home([{ messages: [...turns, ...never] }, said("user", "short")]);
  using short = await own.bins({ context: 64 });
  expect(short.counts.train.mask).toMatchObject({ cut: 0, dropped: 1 });
  using long = await own.bins({ context: 4096 });
  expect(long.counts.train.mask).toMatchObject({ cut: 1, dropped: 0 });
});

test("bins are found again by format, template and context, and made again where a mask is damaged", async () => {
  await using folder = await home(Array.from({ length: 90 }, (_, i) => said(`q${i}`, `a${i}`)));
  const made = async (ways: Ways = {}) => {
    using bins = await folder.bins({ split: 0.1, context: 30, ...ways });
    return bins;
  };
  const first = await made();
  expect([first.cached, (await made()).cached]).toEqual([false, true]);
  const template = `${CHATML} `;
  const others: Ways[] = [{ context: 63 }, { records: "messages" }, { change: (own) => own && { ...own, template } }];
  for (const other of others) expect((await made(other)).key).not.toBe(first.key);
  const sum = (of: "documents") => first.counts.train[of] + first.counts.validation[of] + first.counts.test[of];
  expect(sum("documents")).toBe(90);
  const bytes = await readFile(String(first.test?.mask));
  await writeFile(
    String(first.test?.mask),
    bytes.map((flag, i) => (i === 5 ? 1 - flag : flag)),
  );
  expect((await made()).cached).toBe(false);
  expect(await readFile(String(first.test?.mask))).toEqual(bytes);
});

test("special tokens that are spelled are text, and tokens where they are let through, which are counted", async () => {
  await using folder = await home([said("a<|im_end|>", "b[EOS]")]);
  using text = await folder.bins();
  using tokens = await folder.bins({ specialTokens: true });
  expect([text.specialTokens, tokens.specialTokens]).toEqual([0, 2]);
  expect(text.train.tokens).toBeGreaterThan(tokens.train.tokens);
});

test("only learnt tokens are targets, and documents are told apart by where conversations begin", async () => {
  await using folder = await home([said("ab", "c"), said("d", "ef"), said("g", "h")]);
  using bins = await folder.bins({ context: 48 });
  const options = { seqLen: 48, batchSize: 2, shuffle: false, seed: 1, documentEnd: 1 };
  using loader = new BatchLoader(bins.train, options);
  const { inputs, targets, documents, tokens } = loader.next();
  const learnt = Array.from(targets.data(), Number).filter((id) => id !== _);
  expect(tokenizer.decode(learnt, { skipSpecial: false })).toBe("c<|im_end|>ef<|im_end|>h<|im_end|>");
  expect(tokens).toBe(7);
  const numbers = Array.from(documents?.data() ?? [], Number);
  const begins = Array.from(inputs.data(), Number).flatMap((id, i) =>
    numbers[i] === (numbers[i - 1] ?? 0) ? [] : [tokenizer.token(id)],
  );
  expect(begins.every((token) => token === "<|im_start|>")).toBe(true);
  expect(Math.max(...numbers)).toBe(1);
});

test("chunks and windows of any length that have no answer are left out, and each answer is predicted once", async () => {
  await using folder = await home(Array.from({ length: 9 }, (_, i) => said("q".repeat(7 * i), "a".repeat(i + 1))));
  using bins = await folder.bins({ context: 128 });
  const learnt = Number(bins.counts.train.mask?.learnt);
  for (const seqLen of [5, 16, 128, 500]) {
    using loader = new BatchLoader(bins.train, { seqLen, batchSize: 2, shuffle: true, seed: 1 });
    const batches = Array.from({ length: loader.stepsPerEpoch }, () => scope(() => loader.next().tokens));
    expect([Math.min(...batches) > 0, batches.reduce((a, b) => a + b)]).toEqual([true, learnt]);
    const reading = { context: seqLen, stride: seqLen, batchSize: 2, seed: 1, documentEnd: 1, device: "cpu" } as const;
    const planned = await planEvaluation(bins.train, tokenizer, { ...reading, evalTokens: 0 });
    using data = planned.open();
    const targets = Array.from({ length: data.batches }, () =>
      scope(() => {
        const batch = data.next();
        return [batch.tokens, Array.from(batch.targets.data(), Number).filter((id) => id !== _).length];
      }),
    );
    expect(targets.map(([tokens]) => tokens)).toEqual(targets.map(([, counted]) => counted));
    expect(targets.reduce((sum, [tokens = 0]) => sum + tokens, 0)).toBe(learnt);
    expect(planned).toMatchObject({ targets: learnt, bytes: 45, characters: 45, documentLengths: { count: 9 } });
    const drawn = await planEvaluation(bins.train, tokenizer, { ...reading, evalTokens: 1 });
    expect(drawn.targets).toBeGreaterThan(0);
  }
});

test("what the template cannot tell, or the tokenizer not end, is refused with the record's place", async () => {
  await using folder = await home([said("a", "b"), said("c", "")]);
  const silent = "{% for m in messages %}{{ m.content }}{% endfor %}";
  const change = (own: Conversations | null) => own && { ...own, template: silent };
  await expect(folder.bins({ change })).rejects.toThrow(
    /^record 1 of .*chats\.jsonl: the chat template ends an answer with none/,
  );
  await using other = await temporaryFolder();
  await (await trainChar({ texts: ["<|im_start|>userassistant\nabc<|im_end|>"] })).save(other.path);
  await writeFile(join(other.path, "chat_template.jinja"), CHATML);
  const of = await loadTokenizer(other.path);
  await expect(folder.bins({ of })).rejects.toThrow(/record 1 of .*none of the special tokens of the char tokenizer/);
  const picky = "{% if messages[0].content == 'c' %}{{ raise_exception('no c') }}{% endif %}<|im_end|>";
  const refusing = (own: Conversations | null) => own && { ...own, template: `${CHATML}${picky}` };
  await expect(folder.bins({ change: refusing })).rejects.toThrow(
    /^record 2 of .*does not take this conversation: no c$/,
  );
});

test("text that is lost is counted, and bits per byte are not given for it", async () => {
  await using folder = await home([said("a", "bé")]);
  const of = await trainChar({ texts: ["User: assistant\nAssistant: ab"] });
  using bins = await folder.bins({ of });
  expect(bins.counts.train.measured).toMatchObject({ characters: 3, loss: { bytes: 2, unknown_tokens: 1 } });
  const options = { context: 64, stride: 64, batchSize: 1, evalTokens: 0, seed: 1, documentEnd: null } as const;
  using data = (await planEvaluation(bins.train, of, { ...options, device: "cpu" })).open();
  expect(data.text).toBeNull();
});

test("ids of a large vocabulary take four bytes", async () => {
  await using folder = await temporaryFolder();
  const files = { bin: join(folder.path, "a.bin"), mask: join(folder.path, "a.mask") };
  const writing = { tokenizer, dtype: "uint32", context: 8, padId: 0, isMeasured: false } as const;
  await using writer = await ConversationWriter.create(files, writing);
  await writer.write([], { ids: [70_000, 70_001, 3], trained: [false, true, false], text: "" });
  expect(await writer.finish()).toMatchObject({ documents: 1, tokens: 3, mask: { learnt: 1 } });
  const bytes = (await readFile(files.bin)).subarray(HEADER_BYTES);
  expect([0, 4, 8].map((at) => bytes.readUInt32LE(at))).toEqual([70_000, 70_001, 3]);
});

test("a corpus of texts has no conversations", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a.txt");
  await writeFile(path, "a");
  expect(await conversationsOf(await openCorpus(path, { document: "line" }), tokenizer, 8)).toBeNull();
});
