import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Split } from "../corpus/split-plan.js";
import { openTokenBin, type TokenBin } from "./token-bin.js";
import { FORMAT_VERSION } from "./bin-format.js";

const count = z.int().min(0);
const SplitCounts = z.strictObject({ documents: count, tokens: count, bytes: count, sha256: z.string() });

/** What lies in a folder of bins; the file is written last, so a folder without it is none. */
export const BinsManifest = z.strictObject({
  version: z.literal(FORMAT_VERSION),
  key: z.string(),
  split_by: z.enum(["nothing", "document", "block"]),
  replaced_characters: count,
  splits: z.strictObject({
    train: SplitCounts,
    validation: SplitCounts.nullable(),
    test: SplitCounts.nullable(),
  }),
});
export type BinsManifest = z.infer<typeof BinsManifest>;

const FILE = "manifest.json";

export const binPath = (dir: string, split: Split) => join(dir, `${split}.bin`);

export async function writeManifest(dir: string, manifest: BinsManifest): Promise<void> {
  await using file = await open(join(dir, FILE), "wx");
  await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`);
  await file.sync();
}

export interface OpenedBins {
  readonly manifest: BinsManifest;
  readonly train: TokenBin;
  readonly validation: TokenBin | null;
  readonly test: TokenBin | null;
}

/** The bins of a folder, each checked to the last id; null if the folder is not there, not finished or damaged. */
export async function openBins(dir: string, key: string): Promise<OpenedBins | null> {
  try {
    const manifest = BinsManifest.parse(JSON.parse(await readFile(join(dir, FILE), "utf8")));
    if (manifest.key !== key) return null;
    const checked = async (split: Split, sha256: string) => {
      const { header, ...bin } = await openTokenBin(binPath(dir, split));
      if (header.sha256 !== sha256) throw new Error(`${split} is another's bin`);
      return bin;
    };
    const { train, validation, test } = manifest.splits;
    return {
      manifest,
      train: await checked("train", train.sha256),
      validation: validation && (await checked("validation", validation.sha256)),
      test: test && (await checked("test", test.sha256)),
    };
  } catch {
    return null; // whatever is wrong with it, it is made again
  }
}
