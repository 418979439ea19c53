import type { SplitBatch } from "../corpus/split-documents.js";
import type { Split } from "../corpus/held-out.js";
import type { SplitOptions } from "../corpus/split-plan.js";
import type { BinDType, BinHeader } from "./bin-format.js";
import { BinWriter } from "./bin-writer.js";
import { binPath, type BinsManifest } from "./bins-manifest.js";

/** The bins being written, one for each split asked for. */
export class SplitWriters implements AsyncDisposable {
  private constructor(
    private readonly writers: { train: BinWriter; validation: BinWriter | null; test: BinWriter | null },
  ) {}

  static async create(folder: string, dtype: BinDType, split: SplitOptions): Promise<SplitWriters> {
    const create = (name: Split) => BinWriter.create(binPath(folder, name), dtype);
    return new SplitWriters({
      train: await create("train"),
      validation: split.holdoutFraction > 0 ? await create("validation") : null,
      test: split.testSplitRatio > 0 ? await create("test") : null,
    });
  }

  /** Ids written so far, in all splits. */
  get tokens(): number {
    return Object.values(this.writers).reduce((sum, writer) => sum + (writer?.tokens ?? 0), 0);
  }

  /** Appends the ids of a batch to its split. */
  async write({ split, bytes, ends, open }: SplitBatch, ids: Uint16Array | Uint32Array): Promise<void> {
    await this.writers[split]?.write(ids, { documents: ends.length - (open ? 1 : 0), bytes: bytes.length });
  }

  /** Finishes every bin and says what it holds. */
  async finish(): Promise<BinsManifest["splits"]> {
    const { train, validation, test } = this.writers;
    return {
      train: counts(await train.finish()),
      validation: validation && counts(await validation.finish()),
      test: test && counts(await test.finish()),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const writer of Object.values(this.writers)) await writer?.[Symbol.asyncDispose]();
  }
}

const counts = ({ documents, tokens, bytes, sha256 }: BinHeader) => ({ documents, tokens, bytes, sha256 });
