import { NO_FRAME, type Frame, type Tokenizer } from "@trainer/tokenizers";
import { TrainingError } from "../errors.js";
import type { BosChoice } from "@trainer/options";
import type { OpenModel } from "./open-model.js";

/** The properties of a model that decide how a text begins. */
interface Beginning extends Pick<OpenModel, "startId"> {
  readonly tokenizer: Pick<Tokenizer, "frame">;
}

/** The ids around a text. Throws INVALID_INPUT if a begin token is requested and there is none. */
export function frameOf({ tokenizer, startId }: Beginning, bos: BosChoice): Frame {
  const own = tokenizer.frame;
  if (bos === "no") return NO_FRAME;
  if (bos === "auto" || own.before.length > 0) return own;
  if (startId !== null) return { before: [startId], after: own.after };
  const message =
    "there is no token to begin a text with: the tokenizer names none for the beginning or the end of a text";
  throw new TrainingError("INVALID_INPUT", message);
}

/**
 * The token that an empty prompt stands for.
 * @throws TrainingError INVALID_INPUT where there is none
 */
export function startOf({ startId }: Pick<OpenModel, "startId">): number {
  if (startId !== null) return startId;
  throw new TrainingError(
    "INVALID_INPUT",
    "the prompt is empty, and this tokenizer has no token for the beginning or the end of a text to start from: give a prompt",
  );
}

/** The part of a frame that ids lack: it is never added twice. */
export function missing(ids: ArrayLike<number>, { before, after }: Frame): Frame {
  const begins = before.every((id, i) => ids[i] === id);
  const ends = after.every((id, i) => ids[ids.length - after.length + i] === id);
  return { before: begins ? [] : before, after: ends ? [] : after };
}

/** The tokens around a text as the tokenizer's file spells them, for people and scripts to see. */
export const spelled = ({ tokenizer }: Pick<OpenModel, "tokenizer">, { before, after }: Frame) => ({
  begin: before.map((id) => tokenizer.token(id)),
  end: after.map((id) => tokenizer.token(id)),
});

/** The same of what a choice puts around a text. */
export const textFrame = (opened: Pick<OpenModel, "tokenizer" | "startId">, bos: BosChoice) =>
  spelled(opened, frameOf(opened, bos));
