import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeJsonSync } from "@trainer/disk";
import { AppError } from "@trainer/platform";
import { z } from "zod";

const key = z.string().min(1);

/** Default keys of a home's services: made at its first start, and kept. */
const Keys = z.object({
  /** Key of the API's clients. */
  api_key: key,
  /** Key of the file service's clients, the API and the worker among them. */
  data_bank_key: key,
  redis_password: key,
});
export type Keys = z.infer<typeof Keys>;

/** Readable by its owner alone. */
const PRIVATE = { mode: 0o600 };

export const keysFile = (home: string) => join(home, "keys.json");

/** @throws AppError CONFIG_ERROR for a file that holds something else */
export function openKeys(home: string): Keys {
  const file = keysFile(home);
  if (!existsSync(file))
    writeJsonSync(file, { api_key: made(), data_bank_key: made(), redis_password: made() }, PRIVATE);
  try {
    return Keys.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    const what = Object.keys(Keys.shape).join(", ");
    throw new AppError(
      "CONFIG_ERROR",
      `${file} should be JSON with ${what}: mend it, or delete it and new ones are made`,
    );
  }
}

const made = () => randomBytes(24).toString("hex");
