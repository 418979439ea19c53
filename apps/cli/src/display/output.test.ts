import { expect, test } from "vitest";
import { testIo } from "../../test/screen.js";
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

const STEERING = "\u001B[2Ja\u001B[31mb\u0007\u009B\r\nc";

test("nothing but colours steers a terminal, and where there are none, nothing", () => {
  for (const [options, expected] of [
    [{ tty: true }, "␛[2Ja\u001B[31mb␇\uFFFD␍\nc"],
    [{ tty: true, env: { NO_COLOR: "1" } }, "␛[2Ja␛[31mb␇\uFFFD␍\nc"],
    [{ tty: false }, "␛[2Ja␛[31mb␇\uFFFD␍\nc"],
  ] as const) {
    const io = testIo(options);
    const out = output(io, { json: false, quiet: false });
    out.text(STEERING);
    out.result({}, () => STEERING);
    out.note(STEERING);
    out.warn(STEERING);
    expect(io.stdout.text).toBe(`${expected}${expected}\n`);
    expect(io.stderr.text).toBe(`${expected}\n${expected}\n`);
  }
});

test("data is as it is in a pipe, and steers no terminal, not by its colours either", () => {
  for (const [options, expected] of [
    [{ tty: false }, STEERING],
    [{ tty: true }, "␛[2Ja␛[31mb␇\uFFFD␍\nc"],
    [{ tty: true, env: { NO_COLOR: "1" } }, "␛[2Ja␛[31mb␇\uFFFD␍\nc"],
  ] as const) {
    const io = testIo(options);
    output(io, { json: false, quiet: false }).data(STEERING);
    output(io, { json: true, quiet: false }).data("no part of it");
    expect(io.stdout.text).toBe(expected);
  }
});

test("JSON has no control character as it is", () => {
  expect(stringify({ a: "\u001B\u007F\u009B\u00A0" })).toBe('{"a":"\\u001b\\u007f\\u009b\u00A0"}');
});
