// What else is fetched into the same cache is fetched by the same means.
export { cacheFolder } from "./cache-folder.js";
export { exec } from "./exec.js";
export { UNPACK } from "./fetch.js";
export { locked } from "./lock.js";
export { run, say, SetupError, step } from "./say.js";
