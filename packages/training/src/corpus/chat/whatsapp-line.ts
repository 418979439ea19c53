import { whatsAppTime, type WhatsAppTime } from "./whatsapp-time.js";

/** The first line of a message in an export by WhatsApp. */
export interface WhatsAppLine {
  readonly time: WhatsAppTime;
  /** Null of a notice, which nobody wrote. */
  readonly name: string | null;
  readonly text: string;
  /** True where a comma ends the date, as logs have none there; some countries do not either. */
  readonly hasComma: boolean;
}

// An iPhone writes `[24.12.23, 18:05:11] Jana: Hi`, Android `12/24/23, 6:05 PM - Jana: Hi`, both by the phone's country.
const MARKS = String.raw`[\u200e\u200f\u202a-\u202e]*`;
const DATE = String.raw`(?<a>\d{1,4})(?<separator>[./-])\s?(?<b>\d{1,2})\k<separator>\s?(?<c>\d{1,4})\.?`;
const TIME =
  String.raw`(?<part>[\p{Script=Han}\p{Script=Hangul}]{2})?\s?(?<hours>\d{1,2})[:.](?<minutes>\d\d)` +
  String.raw`(?:[:.](?<seconds>\d\d))?(?:\s?(?<half>[ap])\.?\s?m\.?)?`;
const MOMENT = String.raw`${DATE}(?<comma>[,،]?)\s(?:\p{L}{1,3}\.?\s)?${TIME}`;
const START = new RegExp(String.raw`^${MARKS}(?<bracket>\[?)${MOMENT}(?:\]|\s-)\s(?<rest>.*)$`, "isu");
/** A sender; what has quotes in it is a notice, such as `Jana changed the name to "Trip: day 2"`. */
const SENDER = /^(?<name>[^:"“”„«»]{1,100}):(?:\s(?<text>.*))?$/s;
const AFTERNOON = new Set(["下午", "午後", "오후", "晚上", "中午"]);

/** Null for a line that goes on with a message. */
export function whatsAppLine(line: string): WhatsAppLine | null {
  const found = START.exec(line)?.groups;
  if (found === undefined) return null;
  const { a = "", b = "", c = "", separator = "", part, half, hours, minutes, seconds = "0", rest = "" } = found;
  const isLate = half === undefined ? part !== undefined && AFTERNOON.has(part) : half.toLowerCase() === "p";
  const time = whatsAppTime({
    date: [a, b, c],
    separator,
    hours: Number(hours),
    minutes: Number(minutes),
    seconds: Number(seconds),
    half: half === undefined && part === undefined ? null : isLate ? "pm" : "am",
  });
  if (time === null) return null;
  const said = SENDER.exec(rest)?.groups;
  const name =
    said?.["name"]
      ?.replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
      .replace(/^~\s/, "")
      .trim() ?? "";
  const hasComma = found["comma"] !== "";
  return name === ""
    ? { time, name: null, text: rest, hasComma }
    : { time, name, text: said?.["text"] ?? "", hasComma };
}
