import { sha256OfFile } from "@trainer/disk";
import { comesBack, loadTokenizer, type Tokenizer } from "@trainer/tokenizers";
import { templateFor } from "../conversation/choose-template.js";
import { TrainingError } from "../errors.js";
import { tokenizerFileIn } from "../home/tokenizer-file.js";
import { writeTokenizerFiles } from "../model/tokenizer-files.js";
import { lossWarning, textLoss } from "../tokenizer/text-loss.js";
import { prepareTokenizer } from "./prepare-tokenizer.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";

/**
 * The tokenizer in the run's folder; at the beginning it is put there. `pretrained` is the folder of the model that the run
 * starts or learns from.
 */
export async function runTokenizer(
  session: Session,
  reporter: Reporter,
  pretrained: string | null,
): Promise<Tokenizer> {
  return (await stored(session, reporter)) ?? (await newTokenizer(session, reporter, pretrained));
}

/** That of a run that has one; null at the beginning. */
async function stored({ folder, manifest }: Session, reporter: Reporter): Promise<Tokenizer | null> {
  const { tokenizer_sha256: before, tokenizer_id: tokenizerId } = manifest.current;
  if (before === null) return null;
  if ((await fileSha256(folder.path)) !== before) {
    const message = `the tokenizer in ${folder.path} has changed since the run began: put the old one back`;
    throw new TrainingError("CONFLICT", message);
  }
  const tokenizer = await loadTokenizer(folder.path);
  reporter.emit({ type: "tokenizer", phase: "ready", progress: 1, tokenizerId, vocabSize: tokenizer.vocabSize });
  return tokenizer;
}

async function newTokenizer(session: Session, reporter: Reporter, pretrained: string | null): Promise<Tokenizer> {
  const { options, folder, manifest, context } = session;
  const { home, signal } = context;
  const corpus = await session.corpus.open();
  const { plan } = session.corpus;
  const { id, tokenizer } = await prepareTokenizer({
    options,
    home,
    corpus,
    plan,
    pretrained,
    emit: reporter.emit,
    signal,
  });
  const template = corpus.conversations === null ? null : await templateFor(tokenizer);
  await writeTokenizerFiles(folder.path, tokenizer, options.maxSeqLen, template);
  const loss = await textLoss(tokenizer, corpus, signal);
  const warning = lossWarning(loss, comesBack(tokenizer, "\n"));
  if (warning !== null) reporter.warn(warning);
  await manifest.update({
    tokenizer_id: id,
    tokenizer_sha256: await fileSha256(folder.path),
    tokenizer_loss: loss,
  });
  return tokenizer;
}

/** Null where it is gone. */
async function fileSha256(dir: string): Promise<string | null> {
  const file = await tokenizerFileIn(dir);
  return file === null ? null : sha256OfFile(file);
}
