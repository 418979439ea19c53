import { expect, test } from "vitest";
import { openApiPath } from "../src/index.js";
import { startSystem } from "./api.js";

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
  expect(page.headers["content-security-policy"]).toContain("default-src 'self'");
});
