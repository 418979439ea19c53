import { isFile } from "@trainer/disk";
import type { RunFolder } from "../home/run-folder.js";
import { list } from "./list.js";

/** True if anything of a training was saved: without that it may be restarted, with other options and another text. */
export const hasSaved = async (folder: RunFolder): Promise<boolean> =>
  (await list(folder.checkpoints)).length > 0 || (await isFile(folder.weights));
