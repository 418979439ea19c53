import { rmSync } from "node:fs";
import { join } from "node:path";
import { openHome, openModel, score, train } from "@trainer/training";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nope } from "../../models/test/nope.js";
import { tiny, writeCorpus } from "./corpus.js";
import { scratch } from "../../../test/scratch.js";

let home = "";
beforeAll(() => (home = scratch("own-family")));
afterAll(() => rmSync(home, { recursive: true }));

test("a family of one's own trains, opens and scores by its name", async () => {
  const corpus = writeCorpus(join(home, "corpus.txt"));
  const request = { ...tiny, modelFamily: nope.name, modelConfig: { width: 16, heads: 2 }, corpus, runId: "own" };
  const result = await train({ ...request, maxSteps: 40 }, { home });
  expect(result.status).toBe("completed");
  using opened = await openModel("own", { home: openHome(home), device: "cpu" });
  expect(opened.model.outline).toMatchObject({ width: 16, layers: 2 });
  expect((await score(opened, { text: "the king hath seen the crown" })).loss).toBeLessThan(5.6); // of 300 tokens: 5.7
});
