import { whyNotAHome } from "@trainer/disk";
import { AppError } from "@trainer/platform";

/**
 * Refuses a folder that takes nothing, before work that would have nowhere to go.
 * @param named what names the folder
 * @throws AppError CONFIG_ERROR
 */
export async function assertWritable(folder: string, named: string): Promise<void> {
  const unwritable = await whyNotAHome(folder, named);
  if (unwritable !== null) throw new AppError("CONFIG_ERROR", unwritable);
}
