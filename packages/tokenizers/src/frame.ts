import { z } from "zod";
import { corrupt, readStep, stepsOf, unsupported } from "./pipeline-json.js";
import type { TokenizerConfig } from "./specials.js";
import type { Step } from "./tokenizer-json.js";
import type { Frame, Specials } from "./tokenizer.js";

export const NO_FRAME: Frame = { before: [], after: [] };

const id = z.int().nonnegative();
const Piece = z.union([
  z.strictObject({ SpecialToken: z.looseObject({ id: z.string() }) }),
  z.strictObject({ Sequence: z.looseObject({ id: z.enum(["A", "B"]) }) }),
]);
const Template = z.looseObject({
  single: z.array(Piece),
  special_tokens: z.record(z.string(), z.looseObject({ ids: z.array(id) })),
});
const Named = z.tuple([z.string(), id]);
const Ends = z.looseObject({ cls: Named, sep: Named });

/**
 * The begin and end tokens of a tokenizer.json's post_processor; null if it defines none. Throws TOKENIZER_LOAD_FAILED,
 * naming what is broken or not supported.
 */
export function frameOfFile(postProcessor: Step | null | undefined): Frame | null {
  let frame: Frame | null = null;
  for (const step of stepsOf(postProcessor, "post_processor", "processors")) {
    const outer = frameOfStep(step);
    if (outer === null) continue;
    const inner: Frame = frame ?? NO_FRAME; // the next step takes what the one before made for the text
    frame = { before: [...outer.before, ...inner.before], after: [...inner.after, ...outer.after] };
  }
  return frame;
}

function frameOfStep(step: Step): Frame | null {
  switch (step.type) {
    case "ByteLevel": // changes offsets alone
      return null;
    case "TemplateProcessing":
      return frameOfTemplate(readStep(Template, step));
    case "RobertaProcessing":
    case "BertProcessing": {
      const { cls, sep } = readStep(Ends, step);
      return { before: [cls[1]], after: [sep[1]] };
    }
    default:
      throw unsupported(
        `the post_processor "${step.type}"`,
        "ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing, a Sequence of them or none can be loaded",
      );
  }
}

function frameOfTemplate({ single, special_tokens }: z.output<typeof Template>): Frame {
  const at = single.findIndex((piece) => "Sequence" in piece);
  const texts = single.filter((piece) => "Sequence" in piece);
  if (texts.length !== 1 || texts[0]?.Sequence.id !== "A") {
    throw corrupt(`TemplateProcessing: "single" has the text ${texts.length} times, where it must have it once, as A`);
  }
  const tokens = new Map(Object.entries(special_tokens));
  const idsOf = (pieces: typeof single) =>
    pieces.flatMap((piece) => {
      if ("Sequence" in piece) return [];
      const found = tokens.get(piece.SpecialToken.id);
      if (found !== undefined) return found.ids;
      throw corrupt(`TemplateProcessing: "special_tokens" has no "${piece.SpecialToken.id}"`);
    });
  return { before: idsOf(single.slice(0, at)), after: idsOf(single.slice(at)) };
}

/** The begin and end tokens by tokenizer_config.json, for a tokenizer whose own file does not define them. */
export const frameOfConfig = ({ add_bos_token, add_eos_token }: TokenizerConfig, { bos, eos }: Specials): Frame => ({
  before: add_bos_token === true && bos !== null ? [bos] : [],
  after: add_eos_token === true && eos !== null ? [eos] : [],
});
