import { z } from "zod";

const count = z.int().min(0);

const amount = z.object({ documents: count, bytes: count });
const shown = z.object({ path: z.string(), number: count, start: z.string() });

/** Documents that are copies of others. */
export const LeftOutCopies = z.object({
  /** Those that are left out: equal to one that stays, and nearly equal. */
  exact: amount,
  near: amount,
  /** Those that stay, each group on one side of the split. */
  together: z.object({ documents: count, groups: count }),
  /** The first equal ones, and the least alike of the near ones. */
  examples: z.array(z.object({ similarity: z.number(), kept: shown, removed: shown })),
});
export type LeftOutCopies = z.infer<typeof LeftOutCopies>;

/** The parts of the given text that were not used. */
export const LeftOut = z.object({
  /** Files that lay in the folders named and were not read: how many of each kind, and the first by name. */
  files: z.object({ count, kinds: z.record(z.string(), count), names: z.array(z.string()) }),
  /** Characters that were not UTF-8 and became U+FFFD, with the files that have most, and their share of a file's bytes. */
  characters: z.object({ count, files: z.array(z.object({ path: z.string(), count, share: z.number() })) }),
  /** Lines that stood between documents and are in none, by what they say. */
  separators: z.object({ count, lines: z.record(z.string(), count) }),
  /** Files by the field that their text is from, where that is not `text`; their other fields are not read. */
  fields: z.record(z.string(), count).default({}),
  /** Only where copies were looked for. */
  copies: LeftOutCopies.optional(),
});
export type LeftOut = z.infer<typeof LeftOut>;

/** Losses of a tokenizer on the beginning of a text: lost bytes, unknown characters. */
export const TextLoss = z.object({ bytes: count, characters: count, lost_bytes: count, unknown_characters: count });
export type TextLoss = z.infer<typeof TextLoss>;
