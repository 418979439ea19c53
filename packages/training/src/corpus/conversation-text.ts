import type { ConversationChoice } from "@trainer/options";
import { z } from "zod";
import { readConversation, type Turn } from "./conversation.js";
import { CorpusError } from "./corpus-error.js";
import { notJson } from "./not-json.js";

/** A conversation as a document: JSON of its turns, the same for equal ones, whatever shape their records have. */
export interface ConversationText {
  readonly bytes: Buffer;
  /** Halves of surrogate pairs that became U+FFFD. */
  readonly replaced: number;
}

/**
 * The document of a record that is given as JSON. `where`: its place, for errors.
 * @throws CorpusError INVALID_INPUT for what is no JSON, or no conversation of this shape
 */
export function conversationText(json: string, where: string, choice: ConversationChoice): ConversationText {
  let record: unknown;
  try {
    record = JSON.parse(json);
  } catch {
    throw new CorpusError("INVALID_INPUT", `${where}: ${notJson(json.trim())}: expected an object with a conversation`);
  }
  return textOfRecord(record, where, choice);
}

/** The same of a record as it is in memory. */
export function textOfRecord(record: unknown, where: string, choice: ConversationChoice): ConversationText {
  const { turns, replaced } = readConversation(record, { where, format: choice === "auto" ? null : choice });
  return { bytes: Buffer.from(JSON.stringify(turns)), replaced };
}

const Turns = z.array(
  z.object({
    role: z.enum(["system", "user", "assistant"]),
    content: z.string(),
    trained: z.boolean(),
    answer: z.enum(["chosen", "rejected"]).optional(),
  }),
);

/** The turns of such a document. */
export const turnsOf = (document: Buffer): readonly Turn[] => Turns.parse(JSON.parse(document.toString()));
