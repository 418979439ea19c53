import { whatsAppLine } from "./whatsapp-line.js";

const LOOKED_AT = 40; // lines
const LEAST_MESSAGES = 2;
const LEAST_SHARE = 0.25; // of lines that begin a message: many go on over several lines
/** Marks that WhatsApp writes before its notices, and the blank before "PM" on an iPhone. */
const MARKS = /[\u200e\u202f]/;
const LEVEL = /\b(?:trace|debug|info|notice|warn|warning|error|critical|fatal|alert|emergency)$/i;

/** True for a text whose first lines can only be a chat that WhatsApp exported: logs and diaries begin otherwise. */
export function isWhatsApp(start: string): boolean {
  const lines = start.split(/\r?\n/).filter((line) => line.trim() !== "");
  const looked = lines.slice(0, LOOKED_AT);
  const starts = looked.map(whatsAppLine);
  const begun = starts.filter((line) => line !== null);
  const names = begun.flatMap(({ name }) => (name === null ? [] : [name]));
  const [first] = starts;
  if (first === null || first === undefined || names.some((name) => LEVEL.test(name))) return false;
  if (names.length < LEAST_MESSAGES || begun.length < LEAST_SHARE * looked.length) return false;
  // Where dates have no comma the notice that a chat begins with tells; logs write the year first.
  const beginsWithNotice = first.name === null && !first.time.has("ymd");
  return begun.every(({ hasComma }) => hasComma) || looked.some((line) => MARKS.test(line)) || beginsWithNotice;
}
