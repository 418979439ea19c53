export { addLayerNorm, addLayerNormReference } from "./add-layer-norm.js";
export { cachedAttention, cachedAttentionReference, type KeysAndValues } from "./cached-attention.js";
export { causalAttention, causalAttentionReference } from "./causal-attention.js";
export { geluMlp, geluMlpReference, type MlpWeights } from "./gelu-mlp.js";
export { lstmRecurrence, lstmRecurrenceReference, type LstmState, type Recurrence } from "./lstm.js";
export { useFusedKernels } from "./switch.js";
