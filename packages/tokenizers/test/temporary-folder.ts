import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is gone when its owner is. */
export async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "tokenizers-"));
  return {
    path,
    async write(name: string, contents: string | Uint8Array): Promise<string> {
      const file = join(path, name);
      await writeFile(file, contents);
      return file;
    },
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
    },
  };
}
