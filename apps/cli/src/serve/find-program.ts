import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** The first of `names` that can be executed from `path` (as in PATH), or null. */
export async function findProgram(names: readonly string[], path: string): Promise<string | null> {
  for (const folder of path.split(delimiter).filter((each) => each !== "")) {
    for (const name of names) {
      const file = join(folder, name);
      const executable = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (executable) return file;
    }
  }
  return null;
}
