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
  expect(screen.columns()).toBe(80);
});

test("a locale without UTF-8 gets ASCII", () => {
  expect(terminal(tty, { LC_ALL: "C", LANG: "en_US.UTF-8" }).unicode).toBe(false);
});
