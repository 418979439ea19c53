import { expect, test } from "vitest";
import { at } from "../paths.js";
import { filesIn } from "../stamp.js";

test("a folder of sources counts whatever it is called: what is made of it is made anew when it changes", () => {
  expect(filesIn(at("services/worker/src"), /\.ts$/)).toContain(at("services/worker/src/runs/run-lease.ts"));
  expect(filesIn(at("apps/web/src"), /\.tsx$/)).toContain(at("apps/web/src/pages/runs/runs-page.tsx"));
});
