import { expect, test } from "vitest";
import { terminal } from "./terminal.js";

const tty = { write: () => true, isTTY: true, columns: 100 };

test("a terminal with a UTF-8 locale is live, coloured and as wide as it says", () => {
  const screen = terminal(tty, { LANG: "de_DE.UTF-8", TERM: "xterm" });
  expect(screen).toMatchObject({ live: true, color: true, unicode: true });
  expect(screen.columns()).toBe(100);
});

test.each([{ NO_COLOR: "1" }, { CI: "true" }, { TERM: "dumb" }])("%o gets plain lines", (env) => {
  expect(terminal(tty, env)).toMatchObject({ live: false, color: false });
});

test("an empty NO_COLOR says nothing", () => {
  expect(terminal(tty, { NO_COLOR: "" }).color).toBe(true);
});

test("a pipe gets plain lines of 80 columns", () => {
  const screen = terminal({ write: () => true }, {});
  expect(screen).toMatchObject({ live: false, color: false, unicode: true });
  expect([screen.columns(), screen.rowWidth()]).toEqual([80, Infinity]);
});

test("a locale without UTF-8 gets ASCII", () => {
  expect(terminal(tty, { LC_ALL: "C", LANG: "en_US.UTF-8" }).unicode).toBe(false);
});

test("COLUMNS says how wide a table may be, on a terminal and in a pipe, unless it is no number", () => {
  const pipe = { write: () => true };
  expect(terminal(pipe, { COLUMNS: "60" })).toMatchObject({ live: false });
  const widths = (env: Record<string, string>) =>
    [tty, pipe].flatMap((sink) => [terminal(sink, env).columns(), terminal(sink, env).rowWidth()]);
  expect(widths({ COLUMNS: "60" })).toEqual([100, 60, 60, 60]);
  for (const odd of ["", "wide", "-5", "0"]) expect(widths({ COLUMNS: odd })).toEqual([100, 100, 80, Infinity]);
  expect(terminal({ ...tty, columns: 0 }, {}).rowWidth()).toBe(80); // a terminal that does not know
});
