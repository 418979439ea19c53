import { TokenizerStats, TokenizerTrainRequest, type TokenizerInfo } from "@trainer/platform";
import { vocabSizeFor, type CorpusFormat } from "@trainer/training/options";
import type { Invocation } from "../framework/define-command.js";
import type { OptionSchema } from "../framework/option-spec.js";
import { statsLines } from "../display/tokenizer-stats.js";
import { remoteText, sendText } from "./corpus.js";
import { refuseLocal, requestOf } from "./request.js";
import type { Server } from "../services/server.js";

/** The field of the request that each option is. */
const FIELDS = {
  method: "method",
  vocabSize: "vocab_size",
  minFrequency: "min_frequency",
  corpus: "corpus_file_id",
  as: "corpus_format",
  document: "document",
  documentSeparator: "document_separator",
  holdoutFraction: "holdout_fraction",
  seed: "seed",
};

interface Flags {
  readonly [option: string]: unknown;
  readonly as: CorpusFormat;
  readonly vocabSize: number | null;
}

/** Has a server train a tokenizer as this machine would: sends the text, and waits. */
export async function trainTokenizerRemote(
  { client, flag }: Server,
  flags: OptionSchema,
  { args, options, home, io, out }: Pick<Invocation<Flags>, "args" | "options" | "home" | "io" | "out">,
): Promise<void> {
  refuseLocal(flags, options, Object.keys(FIELDS));
  requestOf(TokenizerTrainRequest, { ...options, corpus: args[0] }, FIELDS); // before anything is sent
  const text = await remoteText(args, options.as);
  const trained = await io.interruptible(async (signal) => {
    const { fileId, bytes } = await sendText(text, { home, io, out }, signal);
    const vocabSize = options.vocabSize ?? vocabSizeFor(bytes);
    const asked = { ...options, vocabSize, as: text.format, corpus: fileId };
    const request = requestOf(TokenizerTrainRequest, asked, FIELDS);
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
