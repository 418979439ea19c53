import { renameSync, writeFileSync } from "node:fs";

/** Writes JSON that only this user may read; it appears whole. */
export function writePrivate(path: string, value: object): void {
  const tmp = `${path}.${process.pid}.tmp`;
  writeFileSync(tmp, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(tmp, path);
}
