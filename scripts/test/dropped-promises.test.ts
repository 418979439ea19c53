import { isVoidExpression } from "typescript/unstable/ast/is";
import { expect, test } from "vitest";
import { visitSources } from "../sources.js";

// The linter sees a promise that is dropped as a statement, but not one that an arrow function drops by `void`.
test("no promise is dropped by void: `background` says what becomes of its failure", { timeout: 60_000 }, () => {
  const dropped: string[] = [];
  visitSources(["packages", "services", "apps"], (node, { file, checker, place }) => {
    if (!isVoidExpression(node)) return;
    const type = checker.getTypeAtLocation(node.expression);
    if (type === undefined || !/^Promise(Like)?</.test(checker.typeToString(type))) return;
    const { path, line } = place();
    dropped.push(`${path}:${line} ${node.getText(file)}`);
  });
  expect(dropped).toEqual([]);
});
