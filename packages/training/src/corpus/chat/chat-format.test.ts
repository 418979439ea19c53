import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { scratch } from "@trainer/testing";
import { expect, test } from "vitest";
import { openCorpus, type OpenOptions } from "../corpus.js";
import { documentsOf } from "../document-batch.js";
import { corpusStatistics } from "../statistics.js";

async function documents(path: string, options: Partial<OpenOptions> = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of (await openCorpus(path, { document: "file", ...options })).documents()) {
    for (const bytes of documentsOf(batch)) found.push(bytes.toString());
  }
  return found;
}

const WHATSAPP = "24.12.23, 18:05 - A: Hi\n24.12.23, 18:06 - B: Ho\n\n!\n25.12.23, 18:06 - A: So\n";
const message = { type: "message", date: "2023-12-24T18:05:11", from: "C", text: "hello" };
const TELEGRAM = JSON.stringify({ name: "C", type: "personal_chat", id: 1, messages: [message, message] }, null, 1);

test("chats are told by what files have in them, and are read as conversations", async () => {
  await using folder = await scratch();
  const at = (name: string) => join(folder.path, name);
  await writeFile(at("a.txt"), WHATSAPP);
  await writeFile(at("b.json.gz"), gzipSync(TELEGRAM));
  await writeFile(at("c.txt"), "24.12.23, 18:05 - a diary\n");
  const chats = ["A: Hi\nB: Ho\n\n!", "A: So", "C: hello\nC: hello"];
  expect(await documents(folder.path)).toEqual([...chats, "24.12.23, 18:05 - a diary\n"]);
  expect(await documents(at("a.txt"), { document: "line" })).toEqual(["A: Hi", "B: Ho", "!", "A: So"]);
  expect(await documents(at("a.txt"), { format: "text" })).toEqual([WHATSAPP]);
  expect(await documents(at("c.txt"), { format: "whatsapp" }).catch(String)).toContain("there is no text in");
  const { formats } = await corpusStatistics(folder.path);
  expect(formats).toEqual({ whatsapp: 1, telegram: 1, text: 1 });
});

test("what is wrong in a small chat is told when it is opened", async () => {
  await using folder = await scratch();
  const path = join(folder.path, "result.json");
  await writeFile(path, TELEGRAM.slice(0, -3));
  await expect(openCorpus(path, { document: "file" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
});
