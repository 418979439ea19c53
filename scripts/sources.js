import { readdirSync } from "node:fs";
import { API } from "typescript/unstable/sync";
import { at } from "./paths.js";

/** @typedef {import("typescript/unstable/ast").Node} Node */
/** @typedef {import("typescript/unstable/ast").SourceFile} SourceFile */
/** @typedef {import("typescript/unstable/sync").Checker} Checker */
/** @typedef {{ path: string, line: number }} Place */

/**
 * Visits every node of the sources of these folders' workspaces, but not of their tests.
 * @param {string[]} folders
 * @param {(node: Node, about: { file: SourceFile, checker: Checker, place: () => Place }) => void} visit
 */
export function visitSources(folders, visit) {
  const workspaces = folders.flatMap((folder) => readdirSync(at(folder)).map((name) => at(folder, name)));
  const api = new API({ cwd: at() });
  try {
    const snapshot = api.updateSnapshot({ openProjects: workspaces.map((folder) => `${folder}/tsconfig.json`) });
    for (const { configFileName, program, checker } of snapshot.getProjects()) {
      const src = configFileName.replace("tsconfig.json", "src/");
      for (const path of program.getSourceFileNames().filter((each) => each.startsWith(src))) {
        const file = program.getSourceFile(path);
        if (file === undefined) continue;
        /** @param {Node} node */
        const visitAll = (node) => {
          const place = () => ({ path, line: file.text.slice(0, node.end).split("\n").length });
          visit(node, { file, checker, place });
          node.forEachChild(visitAll);
        };
        visitAll(file);
      }
    }
  } finally {
    api.close();
  }
}
