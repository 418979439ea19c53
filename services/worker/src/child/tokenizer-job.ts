import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { unlessAbsent } from "@trainer/disk";
import { TokenizerStats } from "@trainer/platform";
import { loadTokenizer, type TrainProgress } from "@trainer/tokenizers";
import { methodInfo } from "@trainer/tokenizers/capabilities";
import {
  extendOnCorpus,
  fetchCorpus,
  openCorpus,
  resolveTokenizer,
  saveTokenizer,
  TokenizerManifest,
  tokenizerShare,
  trainOnCorpus,
  type Base,
  type Home,
} from "@trainer/training";
import type { ChildConfig } from "../config.js";
import type { Message } from "./inbox.js";
import type { Channel } from "./serve.js";
import { childContext } from "./child-context.js";
import { secondsSince, Stages } from "./stages.js";

/** Trains a tokenizer into its folder, and tells what it does on the text that was held back. One that is there is not made again. */
export async function tokenizerJob(
  message: Message<"tokenizer">,
  config: ChildConfig,
  channel: Channel,
): Promise<void> {
  const { tokenizer_id: id, request } = message;
  const { signal } = channel.inbox;
  const about = childContext(config);
  const dir = join(about.home.tokenizers, id);
  let manifest = await manifestIn(dir);
  if (manifest === null) {
    const { corpus_file_id: fileId, corpus_path: text, base_tokenizer_id: base } = request;
    using fetched = fileId === null ? null : await fetchCorpus(fileId, { ...about, signal });
    const path = fetched?.path ?? (await about.texts.need(String(text), "corpus"));
    const corpus = await openCorpus(path, {
      document: request.document ?? (request.method === "char" ? "file" : "line"),
      separator: request.document_separator,
      format: request.corpus_format,
      records: request.format,
      textField: request.text_field,
      home: about.home,
    });
    const start = performance.now();
    const options = {
      minFrequency: request.min_frequency,
      split: { holdoutFraction: request.holdout_fraction, testSplitRatio: 0, seed: request.seed },
      sampleLines: config.tokenizerSampleMaxLines,
      threads: config.threads === 0 ? undefined : config.threads,
      signal,
      onProgress: wholePercents(
        (p: TrainProgress) => tokenizerShare(p, corpus.totalBytes, methodInfo(request.method)),
        (percent) => channel.say({ type: "tokenizer_progress", percent }),
      ),
    };
    const trained =
      base === undefined
        ? await trainOnCorpus(corpus, {
            ...options,
            method: request.method,
            vocabSize: Math.max(request.vocab_size, methodInfo(request.method).leastVocabSize ?? 0),
          })
        : await extendOnCorpus(corpus, await baseOf(base, about.home), {
            ...options,
            add: request.add_tokens ?? ADDED,
          });
    await saveTokenizer(dir, trained);
    const seconds = secondsSince(start);
    new Stages(channel.say).over("tokenizer", seconds);
    const fields = { event: "tokenizer_trained", elapsed_seconds: seconds };
    channel.say({ type: "log", level: "info", message: "tokenizer trained", fields });
    manifest = trained.manifest;
  }
  channel.say({ type: "tokenizer", stats: TokenizerStats.parse(manifest.stats) });
}

/** Tokens that are added where a request does not say. */
const ADDED = 2000;

async function baseOf(id: string, home: Home): Promise<Base> {
  return { id, tokenizer: await loadTokenizer((await resolveTokenizer(id, home)).path) };
}

/** Tells a share in percent when it has grown by a whole one. */
function wholePercents<P>(shareOf: (progress: P) => number, tell: (percent: number) => void): (progress: P) => void {
  let last = 0;
  return (progress) => {
    const percent = Math.floor(100 * shareOf(progress));
    if (percent > last) tell((last = percent));
  };
}

async function manifestIn(dir: string): Promise<TokenizerManifest | null> {
  const text = await unlessAbsent(readFile(join(dir, "manifest.json"), "utf8"));
  return text === null ? null : TokenizerManifest.parse(JSON.parse(text));
}
