import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { expect, test } from "vitest";
import { tellStalePages } from "./stale-pages.js";

test("pages that are older than their sources are told of in a checkout, and nowhere else", async () => {
  const folder = scratchPath("stale-pages");
  const builder = (name: string, isCurrent: boolean) => {
    const path = join(folder, name);
    writeFileSync(path, `export const webIsCurrent = () => ${isCurrent};\n`);
    return path;
  };
  const told: string[] = [];
  const out = { warn: (line: string) => void told.push(line) };
  const stale = builder("stale.mjs", false);
  await tellStalePages("pages", out, { installed: "pages", builder: builder("current.mjs", true) });
  await tellStalePages("pages", out, { installed: "pages", builder: join(folder, "none.mjs") });
  await tellStalePages("given", out, { installed: "pages", builder: stale });
  await tellStalePages("given", out);
  expect(told).toEqual([]);
  await tellStalePages("pages", out, { installed: "pages", builder: stale });
  expect(told).toEqual(["The pages are older than their sources: `npm run bootstrap` builds them anew."]);
});
