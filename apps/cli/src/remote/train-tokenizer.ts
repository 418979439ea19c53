import { TokenizerStats, TokenizerTrainRequest, type TokenizerInfo } from "@trainer/platform";
import type { CorpusFormat } from "@trainer/options";
import { vocabSizeFor } from "@trainer/training/options";
import type { Invocation } from "../framework/define-command.js";
import type { OptionSchema } from "../framework/option-spec.js";
import { statsLines } from "../display/tokenizer-stats.js";
import { remoteText, sendText } from "./corpus.js";
import { fieldsOf, refuseLocal, requestOf } from "./request.js";
import type { Server } from "../services/server.js";

const FIELDS = fieldsOf(TokenizerTrainRequest, { corpus_file_id: "corpus" });

interface Flags {
  readonly [option: string]: unknown;
  readonly corpusFormat: CorpusFormat;
  readonly vocabSize: number | null;
}

/** Has a server train a tokenizer as this machine would: sends the text, and waits. */
export async function trainTokenizerRemote(
  { client, flag }: Server,
  flags: OptionSchema,
  words: readonly string[],
  { options, home, io, out }: Pick<Invocation<Flags>, "options" | "home" | "io" | "out">,
): Promise<void> {
  refuseLocal(flags, options, Object.keys(FIELDS));
  requestOf(TokenizerTrainRequest, { ...options, corpus: words[0] }, FIELDS); // before anything is sent
  const text = await remoteText(words, options.corpusFormat);
  const trained = await io.interruptible(async (signal) => {
    const { fileId, bytes } = await sendText(text, { home, io, out }, signal);
    const vocabSize = options.vocabSize ?? vocabSizeFor(bytes);
    const given = { ...options, vocabSize, corpusFormat: text.format, corpus: fileId };
    const request = requestOf(TokenizerTrainRequest, given, FIELDS);
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
