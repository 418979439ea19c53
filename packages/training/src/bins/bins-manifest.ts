import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256OfFile, writeJson } from "@trainer/disk";
import { z } from "zod";
import { SPLITS, type Split } from "../corpus/held-out.js";
import { TextLosses } from "../corpus/left-out.js";
import { verifiedSha256 } from "./token-bin.js";
import { FORMAT_VERSION } from "./bin-format.js";
import { Loss } from "./lost-text.js";

const count = z.int().min(0);
const Measured = z.strictObject({ characters: count, loss: Loss });
/** Mask of a split of conversations, by its file's hash, and what it has; padding is no token here. */
const MaskCounts = z.strictObject({
  sha256: z.string(),
  turns: count,
  tokens: count,
  /** Tokens that a model learns to write. */
  learnt: count,
  /** Conversations whose end is left out, and those that are left out whole: longer than a sequence. */
  cut: count,
  dropped: count,
  /** Pairs of equal answers, or with an empty one, which are left out; only bins of pairs have it. */
  unusable: count.optional(),
});
export type MaskCounts = z.infer<typeof MaskCounts>;
export type MaskFigures = Omit<MaskCounts, "sha256">;
const SplitCounts = z.strictObject({
  documents: count,
  tokens: count,
  bytes: count,
  sha256: z.string(),
  measured: Measured.nullable(),
  /** Only conversations have one. */
  mask: MaskCounts.optional(),
});

/** Content of a folder of bins; the manifest is written last, so a folder without it is incomplete. */
export const BinsManifest = z.strictObject({
  version: z.literal(FORMAT_VERSION),
  key: z.string(),
  dtype: z.enum(["uint16", "uint32"]),
  split_by: z.enum(["nothing", "document", "block"]),
  replaced_characters: count,
  special_tokens: count,
  /** By file, and lines that separated documents; bins of earlier versions have none. */
  losses: TextLosses.optional(),
  splits: z.strictObject({
    train: SplitCounts,
    validation: SplitCounts.nullable(),
    test: SplitCounts.nullable(),
  }),
});
export type BinsManifest = z.infer<typeof BinsManifest>;

const FILE = "manifest.json";

export const binPath = (dir: string, split: Split) => join(dir, `${split}.bin`);

export const maskPath = (dir: string, split: Split) => join(dir, `${split}.mask`);

export const writeManifest = (dir: string, manifest: BinsManifest): Promise<void> =>
  writeJson(join(dir, FILE), manifest);

/**
 * The manifest of a folder of bins, each checked to its last id; null if it does not exist, is not finished or damaged.
 */
export async function openBins(dir: string, key: string): Promise<BinsManifest | null> {
  try {
    const manifest = BinsManifest.parse(JSON.parse(await readFile(join(dir, FILE), "utf8")));
    const bins = SPLITS.filter((split) => manifest.splits[split] !== null);
    const hashes = await Promise.all(bins.map((split) => verifiedSha256(binPath(dir, split))));
    for (const split of bins) {
      const masked = manifest.splits[split]?.mask;
      if (masked !== undefined && (await sha256OfFile(maskPath(dir, split))) !== masked.sha256) return null;
    }
    const measured = manifest.losses !== undefined || manifest.replaced_characters === 0;
    const sound =
      measured && manifest.key === key && bins.every((split, i) => manifest.splits[split]?.sha256 === hashes[i]);
    return sound ? manifest : null;
  } catch {
    return null; // damaged in any way, it is made again
  }
}
