export { cacheFolder } from "./cache-folder.js";
export { fetchLibtorch } from "./fetch.js";
export { findLibtorch, libtorchCpu, VERSION } from "./find.js";
