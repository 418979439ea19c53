import { expect, test } from "vitest";
import { ChatJson } from "./chat-json.js";
import { chatFormat } from "./chat-format.js";

function read(format: "telegram" | "discord", json: string, size = 1 << 20, most?: number): string[] {
  const reader = new ChatJson("result.json", format, most);
  const bytes = Buffer.from(json);
  const texts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) texts.push(...reader.push(bytes.subarray(at, at + size)));
  texts.push(...reader.end());
  return texts.map(String);
}

const said = (text: unknown, more: object = {}) => ({
  id: 1,
  type: "message",
  date: "2023-12-24T18:05:11",
  from: "Jana",
  from_id: "user1",
  text,
  ...more,
});
const chat = (...messages: readonly unknown[]) => ({ name: "Petr", type: "personal_chat", id: 7, messages });

const TELEGRAM = chat(
  { id: 0, type: "service", date: "2023-12-24T18:05:00", actor: "Jana", action: "phone_call", text: "" },
  said("Hi"),
  said(["see ", { type: "link", text: "example.org" }, "!\nbye "], { from: "  Petr\n K" }),
  said("", { photo: "a.jpg" }),
  said("gone", { from: null, date: "2023-12-24T23:00:00" }),
  said("later", { date: "2023-12-25T05:00:00" }),
);
const TEXTS = ["Jana: Hi\nPetr K: see example.org!\nbye\nDeleted Account: gone", "Jana: later"];

test("of Telegram's chats each conversation is a text, without what the program wrote", () => {
  for (const json of [JSON.stringify(TELEGRAM), JSON.stringify(TELEGRAM, null, 1)]) {
    expect(chatFormat("json", Buffer.from(json))).toBe("telegram");
    for (const size of [1 << 20, 1, 5]) expect(read("telegram", json, size)).toEqual(TEXTS);
  }
  const all = { about: "Here is the data", chats: { about: "", list: [TELEGRAM, chat(), chat(said("other"))] } };
  expect(read("telegram", JSON.stringify(all))).toEqual([...TEXTS, "Jana: other"]);
  expect(chatFormat("json", Buffer.from(JSON.stringify(all).slice(0, 200)))).toBe("telegram");
  expect(chatFormat("json", Buffer.from('{"about": "x", "personal_information": {"user_id": 1'))).toBe("telegram");
});

const DISCORD = {
  guild: { id: "1", name: "Friends" },
  channel: { id: "2", type: "GuildTextChat", name: "general" },
  exportedAt: "2024-01-01T00:00:00+00:00",
  messages: [
    { type: "GuildMemberJoin", timestamp: "2023-12-24T18:00:00+00:00", content: "Joined.", author: { name: "bob" } },
    { type: "Default", timestamp: "2023-12-24T20:00:00.5+01:00", content: "hey", author: { name: "bob" } },
    { type: "Reply", timestamp: "2023-12-25T00:30:00+00:00", content: "yo", author: { name: "ann", nickname: "Ann" } },
    { type: "Default", timestamp: "2023-12-25T00:31:00+00:00", content: "", author: { name: "bob" } },
    { type: "Default", timestamp: "2023-12-25T06:30:00Z", content: "later", author: { name: "bob", nickname: "" } },
  ],
};

test("of a channel of Discord likewise, by the names that people have there", () => {
  const json = JSON.stringify(DISCORD);
  expect(read("discord", json)).toEqual(["bob: hey\nAnn: yo", "bob: later"]);
  expect(chatFormat("json", Buffer.from(json.slice(0, 170)))).toBe("discord");
});

test("other JSON is no chat", () => {
  const isChat = (json: string) => chatFormat("json", Buffer.from(json));
  expect(isChat('["a"]')).toBe(null);
  expect(isChat("")).toBe(null);
  expect(isChat('{"messages": [{"role": "user", "content": "a"}]}')).toBe(null);
  expect(isChat('{"a":'.repeat(60_000))).toBe(null);
  expect(chatFormat("csv", Buffer.from(JSON.stringify(TELEGRAM)))).toBe(null);
});

test("what cannot be read is told with its message, the field, and what was expected", () => {
  const wrong = (messages: readonly unknown[]) => () => read("telegram", JSON.stringify(chat(...messages)));
  const by = "expected the result.json of an export by Telegram";
  expect(wrong([said("a"), said(7)])).toThrow(
    "result.json, message 2: text: expected a string or a list of strings and entities, there is number; expected",
  );
  expect(wrong([said("a", { from: 1 })])).toThrow("message 1: from: expected a string, there is number");
  expect(wrong([said("a", { date: "yesterday" })])).toThrow("date: expected a date such as 2023-12-24T18:05:11");
  expect(wrong([said("a\0")])).toThrow("there is a NUL in it");
  expect(wrong(["text"])).toThrow("message 1: expected a message, there is string");
  expect(wrong([])).toThrow(`result.json: there are no messages where they are looked for; ${by}`);
  const json = JSON.stringify(TELEGRAM);
  for (const cut of [json.slice(0, -1), json.slice(0, 500), `${json}]`, json.replace("Hi", 'H"i')]) {
    expect(() => read("telegram", cut)).toThrow("no sound JSON from there on: is it cut short?");
  }
  expect(() => read("telegram", "")).toThrow("result.json: there are no messages");
  expect(() => read("discord", json)).toThrow("message 1: timestamp: expected a string, there is none");
  expect(() => read("telegram", json, 10, 100)).toThrow("the next message does not end within 100 bytes");
});

test("halves of surrogate pairs are counted", () => {
  const reader = new ChatJson("a.json", "telegram");
  const texts = [...reader.push(Buffer.from(JSON.stringify(chat(said("a\ud800b"))))), ...reader.end()];
  expect([texts.map(String), reader.replaced]).toEqual([["Jana: a\ufffdb"], 1]);
});
