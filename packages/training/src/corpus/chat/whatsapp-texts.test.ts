import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isWhatsApp } from "./is-whatsapp.js";
import { WhatsAppTexts } from "./whatsapp-texts.js";

function read(file: string, size = 1 << 20): string[] {
  const reader = new WhatsAppTexts("chat.txt");
  const bytes = Buffer.from(file);
  const texts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) texts.push(...reader.push(bytes.subarray(at, at + size)));
  texts.push(...reader.end());
  return texts.map(String);
}

const IPHONE = [
  "[24.12.23, 18:05:11] Wanderung: \u200eMessages and calls are end-to-end encrypted.",
  "[24.12.23, 18:05:11] ~\u202fJana K.: Kommt ihr @\u2068Petr\u2069?",
  "",
  "Zeit: 9:00",
  "\u200e[24.12.23, 18:06:00] Petr: \u200eimage omitted",
  "[24.12.23, 18:07:00] Petr: Ja \u200e<attached: 00000012-PHOTO.jpg>",
  "[24.12.23, 18:08:00] Petr: Um 10 \u200e<Diese Nachricht wurde bearbeitet.>",
  "[24.12.23, 23:59:59] Jana K.: Gut",
  "[25.12.23, 06:00:00] Petr: Morgen!",
  "",
].join("\r\n");

const ANDROID = [
  "12/24/23, 11:05\u202fPM - Messages and calls are end-to-end encrypted. Learn more.",
  '12/24/23, 11:05\u202fPM - Ann created group "Trip: day 2"',
  "12/24/23, 11:05\u202fPM - Ann: <Media omitted>",
  "12/24/23, 11:06\u202fPM - Ann: \u200eIMG-20231224-WA0001.jpg (file attached)",
  "the caption",
  "12/24/23, 11:06 PM - Bob O'Neil: <3 <String>",
  "12/24/23, 11:07 PM - Bob O'Neil: This message was deleted",
  "12/24/23, 11:59 p. m. - Ann: sure <This message was edited>",
  "12/25/23, 12:30 AM - +49 171 1234567: a: b - 12/25/23",
  "99/99/99, 12:30 AM - no: time",
  "12/25/23, 12:30 AM - Ann left",
  "whoever she was",
  "12/25/23, 6:29 AM - Bob O'Neil:",
  "12/25/23, 6:31 AM - Bob O'Neil: hello",
].join("\n");

test("messages become conversations, a text each, without notices, media and marks", () => {
  const iphone = ["Jana K.: Kommt ihr @Petr?\n\nZeit: 9:00\nPetr: Ja\nPetr: Um 10\nJana K.: Gut", "Petr: Morgen!"];
  expect(read(IPHONE)).toEqual(iphone);
  const android = [
    "Ann: the caption\nBob O'Neil: <3 <String>\nAnn: sure\n" +
      "+49 171 1234567: a: b - 12/25/23\n99/99/99, 12:30 AM - no: time",
    "Bob O'Neil: hello",
  ];
  expect(read(ANDROID)).toEqual(android);
  for (const size of [1, 2, 3, 7, 64]) {
    expect(read(IPHONE, size)).toEqual(iphone);
    expect(read(ANDROID, size)).toEqual(android);
  }
  expect(read("")).toEqual([]);
  expect(isWhatsApp(IPHONE)).toBe(true);
  expect(isWhatsApp(ANDROID)).toBe(true);
});

test("silence is the least time that the dates so far allow, whatever the order of day and month", () => {
  const texts = (...dates: string[]) => read(dates.map((date, i) => `${date} - A: ${i}`).join("\n"));
  const both = ["A: 0\nA: 1"];
  const apart = ["A: 0", "A: 1"];
  expect(texts("01/02/23, 23:50", "02/02/23, 00:10")).toEqual(both);
  expect(texts("02/01/23, 23:50", "02/02/23, 00:10")).toEqual(both);
  expect(texts("01/02/2023, 23:50", "02/03/2023, 00:10")).toEqual(apart);
  expect(texts("23/01/31 23:50", "23/02/01 00:10")).toEqual(both);
  expect(texts("2023-01-31, 23:50", "2023-02-01, 00:10")).toEqual(both);
  expect(texts("2023/1/31 下午11:50", "2023/2/1 上午12:10")).toEqual(both);
  expect(texts("2023. 1. 31. 오후 1:50", "2023. 1. 31. 오후 8:10")).toEqual(apart);
  // The first date has the day first; so 01/03 is a month after 01/02.
  expect(texts("31/01/23, 23:50", "01/02/23, 00:10", "01/03/23, 00:20")).toEqual(["A: 0\nA: 1", "A: 2"]);
  expect(texts("31/01/2023, 12:00", "01/31/2023, 12:10")).toEqual(both); // a phone that changed its country
  expect(texts("01/01/2023, 12:10", "31/31/2023, 12:00", "01/01/2023, 24:10", "01/01/2023, 12:60")).toEqual([
    "A: 0\n31/31/2023, 12:00 - A: 1\n01/01/2023, 24:10 - A: 2\n01/01/2023, 12:60 - A: 3",
  ]);
});

test("a text is no chat unless its first lines are", () => {
  const holds = (...lines: string[]) => isWhatsApp(lines.join("\n"));
  const message = "24.12.23, 18:05 - A: b";
  expect(holds(message, message)).toBe(true);
  expect(holds(message)).toBe(false);
  expect(holds("")).toBe(false);
  expect(holds("Dear diary", message, message)).toBe(false);
  expect(holds(message, message, ...Array.from({ length: 7 }, () => "more"))).toBe(false);
  expect(
    holds("24/12/2023 18:05 - As mensagens são protegidas", "24/12/2023 18:05 - A: b", "24/12/2023 18:05 - A: b"),
  ).toBe(true);
  expect(holds("[24/12/2023 18:05:01] A: \u200eb", "[24/12/2023 18:05:02] A: b")).toBe(true);
  expect(holds("[2023-12-24 18:05:01] production: a", "[2023-12-24 18:05:02] production: b")).toBe(false);
  expect(holds("[2023-12-24 18:05:01] Server begins", "[2023-12-24 18:05:01] a: b", "[2023-12-24 18:05:02] a: c")).toBe(
    false,
  );
  expect(holds("2023-12-24, 18:05:01 - root.INFO: a", "2023-12-24, 18:05:02 - root.ERROR: b")).toBe(false);
});

test("what cannot be read is told with its line and what was expected", () => {
  expect(() => read("\nDear diary")).toThrow("chat.txt:2: no message has begun before this line; expected a chat as");
  const start = "24.12.23, 18:05 - A: b\n";
  expect(() => read(start + "x".repeat(1 << 21))).toThrow("chat.txt:2: the line is longer than 1048576 bytes");
  expect(() => read(start + `${"x".repeat(1 << 19)}\n`.repeat(3))).toThrow("chat.txt:3: the message is longer than");
});

test("a conversation that is never silent goes on as another, and no message is lost", () => {
  const lines = Array.from({ length: 10 }, (_, i) => `24.12.23, 18:05 - A: ${i}${"x".repeat(1_000_000)}`);
  const texts = read(lines.join("\n"));
  expect(texts.map((text) => text.split("\n").length)).toEqual([5, 5]);
});

test("whatever people write comes out as they wrote it", () => {
  const said = fc.stringMatching(/^[a-zč🙂][a-zč🙂:;\- \n[\]]*$/u).filter((text) => text === text.trim());
  fc.assert(
    fc.property(fc.array(said, { minLength: 1 }), (texts) => {
      const lines = texts.map((text, i) => `[24.12.23, 18:05:${String(i).padStart(2, "0")}] A B: ${text}`);
      expect(read(lines.join("\n"), 5)).toEqual([texts.map((text) => `A B: ${text}`).join("\n")]);
    }),
  );
});
