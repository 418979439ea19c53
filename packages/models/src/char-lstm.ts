import { init, lstmToken, nn, zeros, type Params } from "@trainer/torch";
import { charLstmSpec, type CharLstmConfig } from "./char-lstm-config.js";
import type { Family, Network } from "./family.js";
import { LstmState } from "./lstm-state.js";

const { lstm } = nn;

/**
 * A language model by LSTM (Hochreiter & Schmidhuber 1997; Graves 2013): embedding, recurrent layers with dropout between
 * them, an output projection of its own. Weights are drawn as PyTorch's modules draw them, and named as those store them.
 */
function network(params: Params, c: CharLstmConfig): Network {
  const table = params.param("embedding.weight", [c.vocabSize, c.embedDim], init.normal(1));
  const rnn = lstm(params.at("lstm"), c.embedDim, c.hiddenDim, c.numLayers);
  const bound = init.uniform(1 / Math.sqrt(c.hiddenDim));
  const head = params.param("proj.weight", [c.vocabSize, c.hiddenDim], bound);
  const headBias = params.param("proj.bias", [c.vocabSize], bound);
  return {
    vocabSize: c.vocabSize,
    contextLength: c.maxSeqLen,
    head, // (V, H)
    headBias,
    hidden(ids, { training, cache }) {
      const state = LstmState.of(cache);
      const zero = () => zeros([c.numLayers, ids.size(0), c.hiddenDim], { device: head.device, dtype: head.dtype });
      const start = state === undefined ? { h: zero(), c: zero() } : { h: state.h, c: state.c };
      const after = rnn({ table, ids }, start, { dropout: training ? c.dropout : 0 });
      state?.advance(ids.size(1), after);
      return after.y; // (B, T, H)
    },
    next(ids, cache) {
      const state = LstmState.of(cache);
      const logits = lstmToken(ids, { table, weights: rnn.weights, head, headBias }, state);
      if (logits !== null) state.advance(1);
      return logits;
    },
    ragged: true, // a state is as large after any number of tokens
    newCache: (batch, capacity = c.maxSeqLen) =>
      new LstmState({
        layers: c.numLayers,
        hidden: c.hiddenDim,
        batch,
        capacity,
        device: head.device,
        dtype: head.dtype,
      }),
  };
}

export const charLstm: Family<CharLstmConfig> = {
  ...charLstmSpec,
  network,
  parameterName: (stored) => stored,
  tied: () => null,
};
