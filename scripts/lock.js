export { locked } from "../packages/torch/libtorch/lock.js";
