import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchPath } from "@trainer/testing";
import { openHome } from "@trainer/training/files";
import { expect, test, vi } from "vitest";
import { StoredSizes } from "./stored-sizes.js";

function homeWith(bytes: number) {
  const root = scratchPath("stored");
  const file = join(root, "models", "r", "file");
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, "x".repeat(bytes));
  return { root, file, home: openHome(root), texts: join(root, "corpus") };
}
const runs = async (sizes: StoredSizes) => (await sizes.latest())?.find(({ kind }) => kind === "runs")?.bytes;

test("sizes are kept for a while, and measured anew once something was removed", async () => {
  const { file, home, texts } = homeWith(3);
  const sizes = new StoredSizes({ home, texts, waitMs: 10_000 });
  expect(await runs(sizes)).toBe(3);
  rmSync(file);
  expect(await runs(sizes)).toBe(3);
  sizes.forget();
  expect(await runs(sizes)).toBe(0);
});

test("who does not want to wait has no sizes until they were measured", async () => {
  const { root, home, texts } = homeWith(5);
  for (let i = 0; i < 500; i++) mkdirSync(join(root, "models", `empty-${i}`)); // to look at them takes longer than no wait
  const sizes = new StoredSizes({ home, texts, waitMs: 0 });
  expect(await sizes.latest()).toBeNull();
  await vi.waitFor(async () => expect(await runs(sizes)).toBe(5));
});

test("where a folder is none, what was known before stays", async () => {
  const { root, home, texts } = homeWith(7);
  const sizes = new StoredSizes({ home, texts, freshMs: -1, waitMs: 10_000 });
  expect(await runs(sizes)).toBe(7);
  rmSync(join(root, "models"), { recursive: true });
  writeFileSync(join(root, "models"), "");
  expect(await runs(sizes)).toBe(7);
});
