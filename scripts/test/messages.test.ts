import { expect, test } from "vitest";
import { explain as explainPip } from "../../packages/torch/libtorch/download.js";
import { firstErrors } from "../native.js";
import { explain as explainNpm } from "../packages.js";
import { checkNode } from "../prerequisites.js";

const pin = { text: "torch==2.15.0 \\\n    --hash=sha256:00", hashes: ["00"] };

test.each([
  ["OSError: [Errno 28] No space left on device", "The disk filled up while torch==2.15.0 was fetched into /cache"],
  ["/usr/bin/python3: No module named pip", "python3 has no pip. Install it: apt-get install python3-pip"],
  [
    "ERROR: No matching distribution found for torch==2.15.0",
    "pip's index does not have torch==2.15.0 for this platform",
  ],
  ["Temporary failure in name resolution\nERROR: No matching distribution", "pip does not reach its package index"],
  ["something new", "pip could not fetch torch==2.15.0 (exit code 1):\n    something new"],
])("pip's %j becomes a sentence that says what to do", (output, message) => {
  expect(explainPip(pin, 1, output, "/cache")).toContain(message);
});

test("an interrupted download says so", () => {
  expect(explainPip(pin, 130, "", "/cache")).toBe(
    "The download of torch==2.15.0 was interrupted. Run the same command again to go on.",
  );
});

test.each([
  ["npm error code ENOSPC", "The disk filled up during npm ci"],
  ["npm error code EAI_AGAIN", "npm does not reach its registry"],
  ["npm error code EUSAGE\nnpm error Missing: x@1 from lock file", "package-lock.json does not fit package.json"],
  ["npm error code EOTHER", "npm ci failed:\n    npm error code EOTHER"],
])("npm's %j becomes a sentence that says what to do", (output, message) => {
  expect(explainNpm(output)).toContain(message);
});

test("of a failed build the first error is shown, not the end of another file's", () => {
  const output = [
    "[1/9] Building a.cc",
    "a.cc: In function 'f':",
    "a.cc:3:5: error: 'x' was not declared",
    ...Array.from({ length: 60 }, (_, i) => `[${i + 2}/99] Building other.cc`),
  ].join("\n");
  const shown = firstErrors(output).split("\n");
  expect(shown.slice(0, 3)).toEqual(output.split("\n").slice(0, 3));
  expect(shown).toHaveLength(30);
});

test("a build that fails without an error line shows its end", () => {
  expect(firstErrors("one\ntwo")).toBe("one\ntwo");
});

test.each(["18.20.4", "20.18.3"])("Node %s is too old", (version) => {
  expect(() => checkNode(version)).toThrow(`Node ${version} is too old: Model Trainer needs Node 20.19 or newer`);
});

test.each(["20.19.0", "22.4.0", "24.0.0"])("Node %s will do", (version) => {
  expect(() => checkNode(version)).not.toThrow();
});
