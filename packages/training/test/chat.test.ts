import { afterAll, beforeAll, expect, test } from "vitest";
import { chat, promptOf, type ChatMessage } from "../src/use/chat.js";
import type { OpenModel } from "../src/use/open-model.js";
import { openTinyGpt2 } from "./fixture.js";
import { scriptedModel } from "./scripted-model.js";

let opened: OpenModel;
beforeAll(async () => {
  opened = await openTinyGpt2();
});
afterAll(() => opened[Symbol.dispose]());

const encode = (text: string) => [...opened.tokenizer.encode(text)];
const greedy = { temperature: 0 } as const;

/** A model that answers `text` to the message that comes after this history. */
function answering(text: string, history: readonly ChatMessage[], message: string): OpenModel {
  const prompt = promptOf([...history, { role: "user", content: message }]);
  return scriptedModel(opened, [...encode(prompt).slice(1), ...encode(text), ...encode(" more".repeat(20))]);
}

test("the turns become lines, and the model goes on as the assistant", () => {
  const turns = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
    { role: "user", content: "Who?" },
  ] as const;
  expect(promptOf(turns)).toBe("User: Hi\nAssistant: Hello\nUser: Who?\nAssistant:");
});

test("an answer ends where the model would speak for the user, and joins the history", async () => {
  using model = answering(" The lamp.\nUser: and then", [], "What burned?");
  const heard: string[] = [];
  const context = { onText: (text: string) => heard.push(text) };
  const reply = await chat(model, [], "What burned?", { ...greedy, maxNewTokens: 20, seed: 3 }, context);
  expect(reply).toMatchObject({ response: "The lamp.", finishReason: "stop", dropped: 0, seed: 3 });
  expect(heard.join("").trim()).toBe("The lamp.");
  expect(reply.history).toEqual([
    { role: "user", content: "What burned?" },
    { role: "assistant", content: "The lamp." },
  ]);
});

test("the oldest turns are left out where all do not fit the context, a user's turn first in what stays", async () => {
  const turn = (i: number): ChatMessage[] => [
    { role: "user", content: `ask ${i}` },
    { role: "assistant", content: `say ${i}` },
  ];
  const history = [1, 2, 3, 4, 5, 6, 7].flatMap(turn);
  const room = opened.contextLength - 4;
  const { dropped, history: after } = await chat(opened, history, "last", { ...greedy, maxNewTokens: 4 });
  expect(dropped).toBeGreaterThan(0);
  expect(dropped % 2).toBe(0);
  expect(encode(promptOf(after.slice(dropped, -1))).length).toBeLessThanOrEqual(room);
  expect(encode(promptOf(after.slice(dropped - 2, -1))).length).toBeGreaterThan(room);
  expect(after).toHaveLength(history.length + 2);
});

test("a message that does not fit by itself is cut at its beginning", async () => {
  const { dropped, steps } = await chat(opened, [{ role: "user", content: "a" }], "long ".repeat(200), {
    ...greedy,
    maxNewTokens: 3,
  });
  expect(dropped).toBe(1);
  expect(steps).toBeLessThanOrEqual(3);
});

test("an answer may be given up", async () => {
  const controller = new AbortController();
  const context = { signal: controller.signal, onText: () => controller.abort() };
  const answer = chat(opened, [], "The lamp", { maxNewTokens: 500, seed: 1 }, context);
  await expect(answer).rejects.toMatchObject({ name: "AbortError" });
});

test("options out of range are refused", async () => {
  await expect(chat(opened, [], "x", { temperature: 3 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});
