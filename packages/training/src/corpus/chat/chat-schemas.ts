import { z } from "zod";
import { expected } from "../json-problem.js";
import type { ChatMessage } from "./dialogues.js";

/** A message of a chat; null for what nobody wrote. */
export type SentMessage = (ChatMessage & { readonly sentMs: number }) | null;

const text = z
  .string(expected("a string"))
  .refine((each) => !each.includes("\0"), "there is a NUL in it: leave it out");
/** A time without a zone counts as UTC, so that the same file is the same text on every machine. */
const date = z
  .string(expected("a string"))
  .transform((each) => Date.parse(/\dT[\d:.]+$/.test(each) ? `${each}Z` : each))
  .refine((ms) => !Number.isNaN(ms), "expected a date such as 2023-12-24T18:05:11");

const message = (name: string, written: string, sentMs: number): SentMessage =>
  written.trim() === "" ? null : { name, text: written.trim(), sentMs };

/** A message of the JSON that Telegram exports; its text is a string, or pieces of which some are links and the like. */
const Telegram = z
  .looseObject(
    {
      type: z.string(expected("a string")),
      date,
      from: text.nullish(),
      text: z.union(
        [text, z.array(z.union([text, z.looseObject({ text })]))],
        expected("a string or a list of strings and entities"),
      ),
    },
    expected("a message"),
  )
  .transform(({ type, date: sentMs, from, text: pieces }): SentMessage => {
    if (type !== "message") return null;
    const words =
      typeof pieces === "string" ? [pieces] : pieces.map((each) => (typeof each === "string" ? each : each.text));
    return message(from ?? "Deleted Account", words.join(""), sentMs);
  });

/** Kinds of messages that people write; all others are notices. */
const DISCORD_WRITTEN: ReadonlySet<string> = new Set(["Default", "Reply"]);

/** A message of the JSON that DiscordChatExporter writes. */
const Discord = z
  .looseObject(
    {
      type: z.string(expected("a string")),
      timestamp: date,
      content: text,
      author: z.looseObject({ name: text, nickname: text.nullish() }, expected("an object")),
    },
    expected("a message"),
  )
  .transform(({ type, timestamp, content, author }): SentMessage => {
    if (!DISCORD_WRITTEN.has(type)) return null;
    return message(author.nickname || author.name, content, timestamp);
  });

/** Chats in JSON: where their messages lie, and what one is. */
export const CHATS = {
  telegram: {
    paths: ["$.messages.*", "$.chats.list.*.messages.*"],
    message: Telegram,
    expected: "expected the result.json of an export by Telegram (Export chat history, format: machine-readable JSON)",
  },
  discord: {
    paths: ["$.messages.*"],
    message: Discord,
    expected: "expected a channel as DiscordChatExporter writes it (--format Json)",
  },
} as const;
