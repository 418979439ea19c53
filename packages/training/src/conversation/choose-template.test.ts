import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTokenizer, trainBpe, trainChar, type Tokenizer } from "@trainer/tokenizers";
import { expect, test } from "vitest";
import { temporaryFolder } from "../home/temporary-folder.js";
import { RenderedChat } from "./chat-template.js";
import { CHATML, CHATML_TOKENS, LINES, turnInChatml, turnInLines } from "./chatml.js";
import { templateFor } from "./choose-template.js";

const bpe = (specials: readonly string[]) => trainBpe({ texts: ["a b c"], vocabSize: 300, specials });
const plain = await bpe(["[EOS]", "[UNK]"]);

test("a tokenizer's own template is taken, else ChatML where it has its tokens, else lines", async () => {
  expect(await templateFor(await bpe(CHATML_TOKENS))).toBe(CHATML);
  expect(await templateFor(plain)).toBe(LINES);
  expect(await templateFor(await trainChar({ texts: ["User: a"] }))).toBe(LINES);
  await using folder = await temporaryFolder();
  await plain.save(folder.path);
  await writeFile(join(folder.path, "chat_template.jinja"), "{{ messages }}");
  expect(await templateFor(await loadTokenizer(folder.path))).toBe("{{ messages }}");
});

test("without a token to end an answer with there is none", async () => {
  const endless: Tokenizer = await bpe(["[UNK]", "<|im_start|>"]);
  await expect(templateFor(endless)).rejects.toThrow(
    /^the bpe tokenizer has no token that could end an answer, neither/,
  );
});

test("lines have whom each turn is of, and the end of a text behind each answer", () => {
  const chat = new RenderedChat(LINES, plain, false);
  const written = chat.prompt([
    { role: "system", content: "Be kind." },
    { role: "user", content: "a" },
    { role: "assistant", content: "b" },
    { role: "user", content: "c" },
  ]);
  expect(plain.decode(written, { skipSpecial: false })).toBe(
    "System: Be kind.\nUser: a\nAssistant: b[EOS]\nUser: c\nAssistant:",
  );
  expect(chat.endOfAnswer()).toBe(plain.specials.eos);
});

test("a tokenizer learns from turns as its template writes them", async () => {
  const turn = { role: "user", content: "Hi", trained: false } as const;
  const chatml = await bpe(["[UNK]", ...CHATML_TOKENS]);
  for (const [template, tokenizer, written] of [
    [CHATML, chatml, turnInChatml],
    [LINES, plain, turnInLines],
  ] as const) {
    const prompt = new RenderedChat(template, tokenizer, false).prompt([turn]);
    expect(tokenizer.decode(prompt, { skipSpecial: true })).toContain(written(turn));
  }
});
