import { Help } from "commander";
import { expect, test } from "vitest";
import { formatItem } from "./help-item.js";

const item = (width: number | undefined, description: string) =>
  formatItem("--name", 20, description, Object.assign(new Help(), { minWidthToWrap: 12, helpWidth: width }));

test("what an item is stands beside it where there is room, below it where there is not, in lines that fit", () => {
  expect(item(undefined, "what it is")).toBe(`  --name${" ".repeat(16)}what it is`);
  expect(item(36, "what it is")).toBe(`  --name${" ".repeat(16)}what it is`);
  expect(item(35, "what it is, and what it is for")).toBe("  --name\n      what it is, and what it is\n      for");
  expect(item(10, "what it is for")).toBe("  --name\n      what it is\n      for"); // narrower than anything could be
  expect(item(35, "")).toBe("  --name");
});
