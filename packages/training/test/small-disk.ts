import { execFileSync } from "node:child_process";

/** Node, with a limit on the size of the files it writes. */
export const limited = (bytes: number) => ["sh", "-c", `ulimit -f ${bytes / 512}; exec "$0" "$@"`, process.execPath];

/** A file system of its own of `size`, where this process may mount one. */
export function smallDisk(path: string, option: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", option, "tmpfs", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
