import type { RecordReader } from "../records.js";
import type { ChatFormat } from "./chat-format.js";
import { ChatJson } from "./chat-json.js";
import { WhatsAppTexts } from "./whatsapp-texts.js";

/** The reader of a chat: each conversation is a record. */
export const chatReader = (path: string, format: ChatFormat): RecordReader =>
  format === "whatsapp" ? new WhatsAppTexts(path) : new ChatJson(path, format);
