export { megabytes, progress, run, say, SetupError, step } from "../packages/torch/libtorch/say.js";
