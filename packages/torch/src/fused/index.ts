export { addLayerNorm, addLayerNormReference } from "./add-layer-norm.js";
export {
  cachedAttention,
  cachedAttentionReference,
  type KeysAndValues,
  raggedAttention,
  raggedAttentionReference,
  type RaggedKeysAndValues,
} from "./cached-attention.js";
export { addRmsNorm, addRmsNormReference } from "./add-rms-norm.js";
export {
  causalAttention,
  causalAttentionReference,
  type QkvLayout,
  repeatHeads,
  unpackQkv,
} from "./causal-attention.js";
export { geluMlp, geluMlpReference, type MlpWeights } from "./gelu-mlp.js";
export { lstmRecurrence, lstmRecurrenceReference, type LstmState, type Recurrence } from "./lstm.js";
export { linearSideBySide, linearSideBySideReference } from "./linear-side-by-side.js";
export { type Affine, swigluMlp, swigluMlpReference, type SwigluWeights } from "./swiglu-mlp.js";
export { lstmToken, type LstmModel } from "./lstm-token.js";
export { gpuKernels, useFusedKernels } from "./switch.js";
export { pagedAttention, pagedAttentionReference, type PagedKeysAndValues } from "./paged-attention.js";
export { isGreedy, type RowSampling, sampleRows, sampleRowsReference } from "./sample-rows.js";
