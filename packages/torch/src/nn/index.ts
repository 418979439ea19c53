export type { Adaptable, Quantizable } from "./adaptable.js";
export { embedding, type Embedding } from "./embedding.js";
export { geluMlp } from "./gelu-mlp.js";
export { layerNorm, type LayerNorm } from "./layer-norm.js";
export { conv1d, linear, type Linear } from "./linear.js";
export { lstm, type Lstm, type LstmStates, type LookedUp } from "./lstm.js";
export { rmsNorm, type RmsNorm } from "./rms-norm.js";
export { dropout } from "../functional.js";
