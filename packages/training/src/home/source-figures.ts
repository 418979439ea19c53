import { z } from "zod";

/** Figures of one of the texts that a run mixes. */
export interface SourceFigures {
  readonly source: string;
  readonly loss: number;
  readonly ppl: number;
  readonly bitsPerByte: number | null;
  /** Number of predicted tokens. */
  readonly tokens: number;
}

const figure = z.number().nullable();

/** The same by the names that files and answers have; null: it is infinite, or there is none. */
export const SourceLine = z.object({
  source: z.string(),
  loss: figure,
  ppl: figure,
  bits_per_byte: figure,
  tokens: z.int(),
});

export const sourceLines = (sources: readonly SourceFigures[]): z.infer<typeof SourceLine>[] =>
  sources.map(({ source, loss, ppl, bitsPerByte, tokens }) => ({
    source,
    loss,
    ppl,
    bits_per_byte: bitsPerByte,
    tokens,
  }));
