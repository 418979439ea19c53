import { SyntaxKind } from "typescript/unstable/ast";
import { visitSources } from "../sources.js";

/** @typedef {import("../sources.js").Place & { source: string, flags: string }} Expression */

/**
 * The regular expressions that are written in the sources of these folders' workspaces, but for tests.
 * @param {string[]} folders
 */
export function expressionsIn(folders) {
  /** @type {Expression[]} */
  const found = [];
  visitSources(folders, (node, { file, place }) => {
    if (node.kind !== SyntaxKind.RegularExpressionLiteral) return;
    const text = node.getText(file);
    const end = text.lastIndexOf("/");
    found.push({ source: text.slice(1, end), flags: text.slice(end + 1), ...place() });
  });
  return found;
}
