import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startSystem } from "@trainer/testing/api";
import { expect, test } from "vitest";
import { z } from "zod";
import { openApiPath } from "../src/index.js";

test("the document in the repository is the one that the API gives (`npx vitest run services/api/test/document.test.ts -u` writes it anew)", async () => {
  await using system = await startSystem();
  const { status, json } = await system.ask("/openapi.json");
  expect(status).toBe(200);
  await expect(`${JSON.stringify(json, null, 2)}\n`).toMatchFileSnapshot(openApiPath);
});

test("the page to try the API with needs nothing from elsewhere", async () => {
  await using system = await startSystem({ apiKey: "key" });
  const page = await system.ask("/docs/");
  expect(page.status).toBe(200);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => String(link));
  expect(links.length).toBeGreaterThan(3);
  for (const link of links) expect((await system.ask(new URL(link, "http://x/docs/").pathname)).status).toBe(200);
  const policy = page.headers["content-security-policy"];
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain("upgrade-insecure-requests"); // it is reached by plain HTTP from other machines too
});

const Operation = z.looseObject({
  requestBody: z
    .object({ content: z.object({ "application/json": z.object({ schema: z.object({ example: z.unknown() }) }) }) })
    .optional(),
});
const Document = z.object({ paths: z.record(z.string(), z.looseObject({ post: Operation.optional() })) });

test("what the document gives as an example of each body is taken", async () => {
  await using system = await startSystem();
  writeFileSync(join(system.root, "corpus", "shakespeare.txt"), "to be");
  const { paths } = Document.parse((await system.ask("/openapi.json")).json);
  const answers: [string, number][] = [];
  for (const [path, { post }] of Object.entries(paths)) {
    if (post?.requestBody === undefined) continue;
    const { example } = post.requestBody.content["application/json"].schema;
    answers.push([path, (await system.ask(path.replace(/\{\w+\}/, "r1"), { body: example ?? "none" })).status]);
  }
  expect(answers).toEqual([
    ["/session", 204],
    ["/runs/train", 200],
    ["/runs/{run_id}/resume", 404],
    ["/runs/estimate", 200],
    ["/plan", 200],
    ["/runs/{run_id}/evaluate", 200],
    ["/runs/{run_id}/score", 200],
    ["/runs/{run_id}/generate", 200],
    ["/runs/{run_id}/chat", 200],
    ["/tokenizers/train", 200],
    ["/tokenizers/{tokenizer_id}/encode", 200],
    ["/system/cleanup", 200],
    ["/tokenize", 404],
    ["/detokenize", 404],
    ["/v1/completions", 404],
    ["/v1/chat/completions", 404],
  ]);
});
