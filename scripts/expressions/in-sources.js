import { readdirSync } from "node:fs";
import { SyntaxKind } from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";
import { at } from "../paths.js";

/** @typedef {{ source: string, flags: string, path: string, line: number }} Expression */

/**
 * The regular expressions that are written in the sources of these folders' workspaces, but for tests.
 * @param {string[]} folders
 * @returns {Expression[]}
 */
export function expressionsIn(folders) {
  const workspaces = folders.flatMap((folder) => readdirSync(at(folder)).map((name) => at(folder, name)));
  const api = new API({ cwd: at() });
  try {
    const snapshot = api.updateSnapshot({ openProjects: workspaces.map((folder) => `${folder}/tsconfig.json`) });
    return snapshot.getProjects().flatMap(({ configFileName, program }) => {
      const src = configFileName.replace("tsconfig.json", "src/");
      const paths = program.getSourceFileNames().filter((path) => path.startsWith(src));
      return paths.flatMap((path) => literalsIn(path, program.getSourceFile(path)));
    });
  } finally {
    api.close();
  }
}

/**
 * @param {string} path
 * @param {import("typescript/unstable/ast").SourceFile | undefined} file
 */
function literalsIn(path, file) {
  /** @type {Expression[]} */
  const found = [];
  /** @param {import("typescript/unstable/ast").Node} node */
  const visit = (node) => {
    if (node.kind === SyntaxKind.RegularExpressionLiteral) {
      const text = node.getText(file);
      const end = text.lastIndexOf("/");
      const line = file?.text.slice(0, node.end).split("\n").length ?? 0;
      found.push({ source: text.slice(1, end), flags: text.slice(end + 1), path, line });
    }
    node.forEachChild(visit);
  };
  if (file !== undefined) visit(file);
  return found;
}
