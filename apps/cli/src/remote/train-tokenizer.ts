import { TokenizerStats, TokenizerTrainRequest, type TokenizerInfo } from "@trainer/platform";
import type { CorpusFormat } from "@trainer/options";
import { vocabSizeFor } from "@trainer/training/options";
import type { Invocation } from "../framework/define-command.js";
import type { OptionSchema } from "../framework/option-spec.js";
import { statsLines } from "../display/tokenizer-stats.js";
import { remoteText, sendText } from "./corpus.js";
import { fieldsOf, refuseLocal, requestOf } from "./request.js";
import type { Server } from "../services/server.js";

/** Fields of a request that adds tokens to a tokenizer, and of one for a new tokenizer. */
const EXTENSION = new Set(["base_tokenizer_id", "add_tokens"]);
const FIELDS = fieldsOf(TokenizerTrainRequest, {
  corpus_file_id: "corpus",
  base_tokenizer_id: "base",
  add_tokens: "add",
});
const ofNew = Object.fromEntries(Object.entries(FIELDS).filter(([, field]) => !EXTENSION.has(field)));

interface Flags {
  readonly [option: string]: unknown;
  readonly corpusFormat: CorpusFormat;
}

type Here = Pick<Invocation<Flags>, "options" | "home" | "io" | "out">;

/** Has a server train a tokenizer as this machine would: sends the text, and waits. */
export const trainTokenizerRemote = (
  server: Server,
  flags: OptionSchema,
  words: readonly string[],
  here: Here & { readonly options: { readonly vocabSize: number | null } },
): Promise<void> =>
  made(server, { flags, words, fields: ofNew }, here, (bytes) => ({
    vocabSize: here.options.vocabSize ?? vocabSizeFor(bytes),
  }));

/** Has a server add tokens to a tokenizer of its own, likewise. */
export const extendTokenizerRemote = (
  server: Server,
  flags: OptionSchema,
  base: string,
  { options: { corpus, ...options }, ...here }: Here & { readonly options: { readonly corpus: readonly string[] } },
): Promise<void> => made(server, { flags, words: corpus, fields: FIELDS }, { ...here, options: { ...options, base } });

interface Asked {
  readonly flags: OptionSchema;
  /** The text. */
  readonly words: readonly string[];
  /** Fields of the request by the options that they are. */
  readonly fields: Readonly<Record<string, string>>;
}

/** `more`: options that follow from the size of the text. */
async function made(
  { client, flag }: Server,
  { flags, words, fields }: Asked,
  { options, home, io, out }: Here,
  more: (bytes: number) => object = () => ({}),
): Promise<void> {
  refuseLocal(flags, options, Object.keys(fields));
  requestOf(TokenizerTrainRequest, { ...options, corpus: words[0] }, fields); // before anything is sent
  const text = await remoteText(words, options.corpusFormat);
  const trained = await io.interruptible(async (signal) => {
    const { fileId, bytes } = await sendText(text, { home, io, out }, signal);
    const given = { ...options, ...more(bytes), corpusFormat: text.format, corpus: fileId };
    const request = requestOf(TokenizerTrainRequest, given, fields);
    const { tokenizer_id: id } = await client.trainTokenizer(request, { signal });
    out.note(`tokenizer  ${id}`);
    return await client.waitForTokenizer(id, { signal });
  });
  const { tokenizer_id: id, status, message } = trained;
  if (status !== "completed") throw new Error(`tokenizer ${id}: ${message ?? status}`);
  out.result(trained, () => report(trained, flag));
}

const report = (trained: TokenizerInfo, flag: string) =>
  [
    `tokenizer   ${trained.tokenizer_id}`,
    ...statsLines(TokenizerStats.safeParse(trained).data),
    "",
    "Next:",
    `  trainer train my-text.txt --tokenizer ${trained.tokenizer_id}${flag}`,
  ].join("\n");
