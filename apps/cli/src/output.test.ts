import { expect, test } from "vitest";
import { testIo } from "../test/screen.js";
import { output, stringify } from "./output.js";

test("with --json stdout has objects alone", () => {
  const io = testIo();
  const out = output(io, { json: true, quiet: false });
  out.record({ step: 1 });
  out.text("streamed");
  out.result({ done: true }, () => "as text");
  out.note("a note");
  expect(io.stdout.text).toBe('{"step":1}\n{"done":true}\n');
  expect(io.stderr.text).toBe("a note\n");
});

test("without --json stdout has text alone; --quiet keeps warnings", () => {
  const io = testIo();
  const out = output(io, { json: false, quiet: true });
  out.record({ step: 1 });
  out.text("streamed ");
  out.result({ done: true }, () => "as text");
  out.note("a note");
  out.warn("a warning");
  expect(io.stdout.text).toBe("streamed as text\n");
  expect(io.stderr.text).toBe("a warning\n");
});

test("what JSON cannot hold stays readable", () => {
  expect(stringify({ ppl: Infinity, id: 2n ** 60n })).toBe('{"ppl":null,"id":"1152921504606846976"}');
});
