export { cacheFolder } from "../packages/torch/libtorch/cache-folder.js";
export { fetchLibtorch } from "../packages/torch/libtorch/fetch.js";
export { findLibtorch } from "../packages/torch/libtorch/find.js";
