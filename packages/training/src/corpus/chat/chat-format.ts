import { parse } from "jsonc-parser";
import { z } from "zod";
import type { FileFormat } from "../file-kinds.js";
import { isWhatsApp } from "./is-whatsapp.js";

/** Formats of chats, which are told by what a file has in it. */
export type ChatFormat = "whatsapp" | "telegram" | "discord";

const CHAT_FORMATS: ReadonlySet<string> = new Set<ChatFormat>(["whatsapp", "telegram", "discord"]);
export const isChat = (format: FileFormat): format is ChatFormat => CHAT_FORMATS.has(format);

/** Fields that the JSON of a chat has before its messages. */
const TelegramStart = z.union([
  z.looseObject({ name: z.string().nullable(), type: z.string(), id: z.number(), messages: z.array(z.unknown()) }),
  z.looseObject({ about: z.string(), chats: z.looseObject({}) }),
  z.looseObject({ about: z.string(), personal_information: z.looseObject({}) }),
]);
const DiscordStart = z.looseObject({
  guild: z.looseObject({ id: z.string() }),
  channel: z.looseObject({ id: z.string(), type: z.string() }),
});

/** The chat that a file of plain text or JSON is by its start; null for none. */
export function chatFormat(format: FileFormat, start: Buffer): ChatFormat | null {
  if (format === "text") return isWhatsApp(start.toString()) ? "whatsapp" : null;
  if (format !== "json" || start.toString("latin1", 0, 256).trimStart()[0] !== "{") return null;
  const value = beginning(start.toString());
  if (DiscordStart.safeParse(value).success) return "discord";
  return TelegramStart.safeParse(value).success ? "telegram" : null;
}

/** The part that is there of an object that goes on; undefined where it is nested deeper than the stack is. */
function beginning(json: string): unknown {
  try {
    return parse(json);
  } catch {
    return undefined;
  }
}
