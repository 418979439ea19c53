import { createHash } from "node:crypto";
import { join } from "node:path";
import { at, makeFolder } from "@trainer/disk";
import type { AnswerPlace } from "../bins/batch.js";
import type { LoadedText } from "../bins/batch-loader.js";
import { markBinsInUse } from "../bins/bins-use.js";
import { sequencesIn } from "../bins/windows.js";
import { Disposables } from "../disposables.js";
import { TrainingError } from "../errors.js";
import { freeBytesOf } from "../home/free-bytes.js";
import { binsFolder, openHome } from "../home/home.js";
import { answerBytes, toldApart } from "../step/answer-record.js";
import { AnswersFile, answersFileBytes } from "../step/answers-file.js";
import { arithmeticOf } from "../step/products.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";

/** Version of the records, and of what decides them. */
const VERSION = 1;

interface Run extends Pick<Session, "options" | "compute"> {
  readonly context: Pick<Session["context"], "home">;
  readonly manifest: { readonly current: { readonly teacher_sha256: string | null; readonly threads: number } };
}

interface Reading {
  /** The texts, each with the key of its bins. */
  readonly texts: readonly { readonly key: string; readonly train: { readonly tokens: number } }[];
  /** Tokens that teacher and student are compared in; null without a teacher. */
  readonly vocabulary: number | null;
  readonly seqLen: number;
  readonly batchSize: number;
  readonly documentEnd: number | null;
}

interface KeptAnswers extends Disposable {
  /** Of each text; none where each step asks. */
  readonly places: readonly NonNullable<LoadedText["answers"]>[];
}

/**
 * Places where the answers of the run's teacher are kept, in a folder beside the bins for each text. It is named by all
 * that an answer depends on: every run with this teacher on this text in such sequences has it, whatever its order.
 *
 * @throws TrainingError INSUFFICIENT_STORAGE
 */
export async function keptAnswers(
  { options, compute, context, manifest }: Run,
  reporter: Pick<Reporter, "warn" | "emit">,
  { texts, vocabulary, seqLen, batchSize, documentEnd }: Reading,
): Promise<KeptAnswers> {
  const { kdCache, kdTopK, kdTemperature, maxSteps, gradAccumSteps } = options;
  if (vocabulary === null || !kdCache) return { places: [], [Symbol.dispose]() {} };
  const shape = { seqLen, k: toldApart(kdTopK, vocabulary), vocabulary };
  const bytes = answerBytes(shape);
  const { teacher_sha256: weights, threads } = manifest.current;
  const arithmetic = { ...compute, sums: arithmeticOf(threads) };
  const cacheDir = binsFolder(openHome(context.home));
  const warn = (message: string) => reporter.warn(message);
  using made = new Disposables();
  const files: AnswersFile[] = [];
  try {
    for (const { key: text } of texts) {
      const decides = { VERSION, weights, text, ...shape, kdTemperature, documentEnd, ...arithmetic };
      const key = createHash("sha256").update(JSON.stringify(decides)).digest("hex").slice(0, 32);
      made.use(await markBinsInUse(cacheDir, key));
      await makeFolder(join(cacheDir, key));
      files.push(made.use(new AnswersFile(join(cacheDir, key, "answers"), { key, bytes }, warn)));
    }
  } catch (error) {
    warn(`the teacher's answers cannot be kept, and it is asked in each step: ${String(error)}`);
    return { places: texts.map(() => () => NOWHERE), [Symbol.dispose]() {} };
  }
  const sizes = texts.map(({ train }) => answersFileBytes(sequencesIn(train.tokens, seqLen), bytes));
  const whole = sum(sizes);
  const keptBytes = sum(files.map((file, i) => Math.min(file.bytesOnDisk, at(sizes, i)))); // the disk counts whole blocks
  const sequences = maxSteps === null ? Infinity : maxSteps * gradAccumSteps * batchSize;
  await assertRoom(cacheDir, Math.min(whole - keptBytes, answersFileBytes(sequences, bytes)));
  reporter.emit({ type: "teacher", bytes: whole, keptBytes, bytesPerToken: bytes / seqLen });
  const owned = made.move();
  return {
    places: files.map((file) => (i: number) => file.place(i)),
    [Symbol.dispose]: () => owned[Symbol.dispose](),
  };
}

/** Where nothing can be kept answers are rounded all the same: so the run is the same to the bit. */
const NOWHERE: AnswerPlace = { read: () => null, write() {} };

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Part of what is free that answers may take: checkpoints need some too. */
const PART = 0.9;

async function assertRoom(dir: string, bytes: number): Promise<void> {
  const room = Math.floor(PART * (await freeBytesOf(dir)));
  if (bytes <= room) return;
  throw new TrainingError(
    "INSUFFICIENT_STORAGE",
    `the teacher's answers would take ${bytes} bytes more in ${dir}, where there is room for ${room}: ` +
      "tell fewer tokens apart (kd_top_k), make room, or leave kd_cache out",
  );
}
