import { createHash, randomUUID } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, syncFolder, writeSynced } from "@trainer/disk";
import { writeSafetensors, type Tensor } from "@trainer/torch";
import { list } from "./list.js";
import {
  checkpointName,
  COMMIT,
  MODEL_FILE,
  OPTIMIZER_FILE,
  STATE_FILE,
  TEMPORARY,
  type CommitManifest,
} from "./manifest.js";

/** Content of a checkpoint. */
export interface CheckpointContent {
  readonly step: number;
  readonly model: ReadonlyMap<string, Tensor>;
  readonly optimizer: ReadonlyMap<string, Tensor>;
  /** The rest, as JSON. */
  readonly state: unknown;
}

export interface WrittenCheckpoint {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * Saves a checkpoint in `dir`: into a temporary folder, every file synced, COMMIT last, then renamed into place and the
 * rename synced. Killed at any instant, there is either all of it or what was there before. On failure nothing is left.
 * `assertOwned` is asked last before the rename, and refuses by throwing.
 */
export async function writeCheckpoint(
  dir: string,
  content: CheckpointContent,
  assertOwned: () => void = () => {},
): Promise<WrittenCheckpoint> {
  const earlier = (await list(dir)).filter(({ step }) => step === content.step);
  const name = checkpointName(content.step, earlier.length === 0 ? 0 : Math.max(...earlier.map((c) => c.revision)) + 1);
  const path = join(dir, name);
  const tmp = join(dir, `${TEMPORARY}${name}-${randomUUID()}`);
  await makeFolder(tmp);
  try {
    const model = await writeSafetensors(join(tmp, MODEL_FILE), content.model, { format: "pt" });
    const optimizer = await writeSafetensors(join(tmp, OPTIMIZER_FILE), content.optimizer);
    const state = await write(join(tmp, STATE_FILE), JSON.stringify(content.state));
    const commit: CommitManifest = {
      version: 1,
      step: content.step,
      created_at: new Date().toISOString(),
      files: [
        { name: MODEL_FILE, ...model },
        { name: OPTIMIZER_FILE, ...optimizer },
        { name: STATE_FILE, ...state },
      ],
    };
    await write(join(tmp, COMMIT), `${JSON.stringify(commit, null, 2)}\n`);
    await syncFolder(tmp);
    assertOwned();
    await rename(tmp, path);
    await syncFolder(dir);
    return { name, path, bytes: model.bytes + optimizer.bytes + state.bytes };
  } catch (error) {
    await rm(tmp, { recursive: true, force: true });
    throw error;
  }
}

async function write(path: string, text: string): Promise<{ bytes: number; sha256: string }> {
  const bytes = Buffer.from(text);
  await writeSynced(path, (file) => file.writeFile(bytes));
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
