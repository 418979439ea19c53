import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { afterAll, expect, test } from "vitest";
import { QueuedTokenizers } from "./queued-tokenizers.js";
import { TokenizerId } from "./schemas/ids.js";
import { TokenizerTrainRequest } from "./schemas/tokenizer.js";

const home = scratchPath("queued-tokenizers");
afterAll(() => rmSync(home, { recursive: true, force: true }));

test("requests for tokenizers are kept until they have ended; what is no request is passed over", async () => {
  const queued = new QueuedTokenizers(home);
  expect(await queued.all()).toEqual([]);
  const request = TokenizerTrainRequest.parse({ method: "char", corpus_path: "a.txt", document: "file" });
  const [first, second] = ["tok-1", "tok-2"]
    .map((id) => TokenizerId.parse(id))
    .map((tokenizerId, i) => ({
      tokenizerId,
      createdAt: 1_700_000_000_000 + i,
      request,
    }));
  if (first === undefined || second === undefined) throw new Error("there are two");
  await queued.keep(first);
  await queued.keep(second);
  for (const name of ["tok-3.json", ".tok-4.json.tmp"]) writeFileSync(join(home, "queued-tokenizers", name), "{");
  expect(await queued.all()).toEqual([first, second]);
  await queued.settle(first.tokenizerId);
  await queued.settle(first.tokenizerId);
  expect(await queued.all()).toEqual([second]);
});
