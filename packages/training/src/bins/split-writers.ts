import type { SplitBatch } from "../corpus/split-documents.js";
import type { Split } from "../corpus/held-out.js";
import type { SplitOptions } from "../corpus/split-plan.js";
import { binDType } from "./bin-format.js";
import type { BinTokenizer, EncodedDocuments } from "./bin-tokenizer.js";
import { BinWriter } from "./bin-writer.js";
import { binPath, type BinsManifest } from "./bins-manifest.js";
import { TextMeasure } from "./measure-text.js";

/** The bins being written, one for each requested split. */
export class SplitWriters implements AsyncDisposable {
  private constructor(
    private readonly writers: { train: SplitWriter; validation: SplitWriter | null; test: SplitWriter | null },
  ) {}

  /** Held-out text is measured too; the training text if `measureTraining`. */
  static async create(folder: string, tokenizer: BinTokenizer, options: WriteOptions): Promise<SplitWriters> {
    const { split, measureTraining } = options;
    const dtype = binDType(tokenizer.vocabSize);
    const create = async (name: Split, measured: boolean): Promise<SplitWriter> => ({
      bin: await BinWriter.create(binPath(folder, name), dtype),
      measure: measured ? new TextMeasure(tokenizer) : null,
    });
    return new SplitWriters({
      train: await create("train", measureTraining),
      validation: split.holdoutFraction > 0 ? await create("validation", true) : null,
      test: split.testSplitRatio > 0 ? await create("test", true) : null,
    });
  }

  /** Ids written so far, in all splits. */
  get tokens(): number {
    return this.#all().reduce((sum, { bin }) => sum + bin.tokens, 0);
  }

  /** Measures a batch, where its split is measured. `ended`: whether the last id of each document ends it. */
  measure(batch: SplitBatch, encoded: EncodedDocuments, ended: boolean): void {
    this.writers[batch.split]?.measure?.add(batch, encoded, ended);
  }

  /** Appends the ids of a batch to its split. */
  async write({ split, bytes, ends, open }: SplitBatch, ids: Uint16Array | Uint32Array): Promise<void> {
    await this.writers[split]?.bin.write(ids, { documents: ends.length - (open ? 1 : 0), bytes: bytes.length });
  }

  /** Finishes every bin and returns their contents. */
  async finish(): Promise<BinsManifest["splits"]> {
    const { train, validation, test } = this.writers;
    return {
      train: await counts(train),
      validation: validation && (await counts(validation)),
      test: test && (await counts(test)),
    };
  }

  #all(): SplitWriter[] {
    return Object.values(this.writers).filter((writer) => writer !== null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { bin } of this.#all()) await bin[Symbol.asyncDispose]();
  }
}

interface SplitWriter {
  readonly bin: BinWriter;
  readonly measure: TextMeasure | null;
}

export interface WriteOptions {
  readonly split: SplitOptions;
  readonly measureTraining: boolean;
}

async function counts({ bin, measure }: SplitWriter) {
  const { documents, tokens, bytes, sha256 } = await bin.finish();
  return { documents, tokens, bytes, sha256, measured: measure?.measured() ?? null };
}
