import { expect, test } from "vitest";
import { missed } from "../coverage/missed.js";

const SOURCE = "const a = list[0] ?? 0;\nif (isWindows) stop();\nrun();\n";
const on = (line: number) => ({ start: { line }, end: { line } });
const report = {
  "packages/a/src/a.ts": {
    statementMap: { 0: on(1), 1: on(2), 2: on(2), 3: on(3) },
    s: { 0: 1, 1: 1, 2: 0, 3: 0 },
    branchMap: { 0: { locations: [on(1), on(1)] }, 1: { locations: [on(2), on(2)] } },
    b: { 0: [1, 0], 1: [0, 4] },
  },
};
const exempt = (line: string, file = "packages/a/src/a.ts") => ({ file, line, reason: "the types ask for it" });
const missedBut = (...list: ReturnType<typeof exempt>[]) => missed(report, list, () => SOURCE);

test("lines that no test runs are named, and branches that none takes, with their text", () => {
  expect(missedBut()).toEqual([
    "packages/a/src/a.ts:3 is run by no test: run();",
    "packages/a/src/a.ts:1 has a branch that no test takes: const a = list[0] ?? 0;",
    "packages/a/src/a.ts:2 has a branch that no test takes: if (isWindows) stop();",
  ]);
});

test("a branch that is exempt is passed over, and no line is", () => {
  expect(missedBut(exempt("list[0] ?? 0"), exempt("if (isWindows)"), exempt("run();"))).toEqual([
    "packages/a/src/a.ts:3 is run by no test: run();",
    "packages/a/src/a.ts has no untaken branch any more at: run();",
  ]);
});

test("an exemption whose branch is taken or gone fails, so that the list stays true", () => {
  expect(missedBut(exempt("?? 0"), exempt("if ("), exempt("?? 0", "packages/b/src/b.ts"))).toContain(
    "packages/b/src/b.ts has no untaken branch any more at: ?? 0",
  );
});
