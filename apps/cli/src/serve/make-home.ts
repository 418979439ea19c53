import { makeFolder } from "@trainer/disk";
import { claimHome } from "@trainer/training/files";
import { assertWritable } from "../process/assert-writable.js";

/**
 * Makes the home of a system, for its owner alone: it holds what clients send and ask.
 * @throws AppError CONFIG_ERROR where nothing can be written there, before anything is
 */
export async function makeHome(home: string): Promise<void> {
  await assertWritable(home, "--home (TRAINER_HOME)");
  await makeFolder(home, { mode: 0o700 });
  await claimHome(home);
}
