// For what is preloaded into a process (node --import) to watch its files: trace-disk.mjs and power-cut.mjs.
import fs from "node:fs";

/** Path of each open file descriptor, once `onSync` was called. */
export const paths = new Map();

/**
 * From now on calls `synced` with a path after it was synced, in any of the ways. Call it after all else that wraps
 * these functions: a file is written before it is synced. The caller publishes it (syncBuiltinESMExports).
 */
export function onSync(synced) {
  const { open, writeFile } = fs.promises;
  fs.promises.open = async (path, ...args) => {
    const handle = await open(path, ...args);
    for (const name of ["sync", "datasync"]) {
      const sync = handle[name].bind(handle);
      handle[name] = async () => {
        await sync();
        synced(path);
      };
    }
    return handle;
  };
  fs.promises.writeFile = async (path, data, options) => {
    await writeFile(path, data, options);
    if (options?.flush) synced(path);
  };
  const { openSync, closeSync } = fs;
  fs.openSync = (path, ...args) => {
    const fd = openSync(path, ...args);
    paths.set(fd, path);
    return fd;
  };
  fs.closeSync = (fd) => {
    paths.delete(fd);
    closeSync(fd);
  };
  for (const name of ["fsyncSync", "fdatasyncSync"]) {
    const sync = fs[name];
    fs[name] = (fd) => {
      sync(fd);
      if (paths.has(fd)) synced(paths.get(fd));
    };
  }
}
