import { QuantizedWeight, releaseMemory, scope, type nn, type WeightType } from "@trainer/torch";
import { ModelError } from "./errors.js";
import type { CausalLm } from "./model.js";

/**
 * The model with the weights of its linear layers and of its head in a smaller type, for use: the float32 ones are freed,
 * and the model given is not to be used any more. Norms, biases, positions and an embedding that is not the head stay
 * float32. Weights become parameters of the same names; int8's scales are beside them as `weight_scale`.
 *
 * Errors: MODEL_INCOMPATIBLE for a model that has no numbers, no linear layers, or an adapter.
 */
export function quantize(model: CausalLm, as: WeightType): CausalLm {
  const { params, head } = model;
  const layers = [...params.adaptable()];
  const refuse = (why: string) => new ModelError("MODEL_INCOMPATIBLE", `${as} weights: ${why}`);
  if (params.device === "meta") throw refuse("the model has shapes and no numbers");
  if (layers.length === 0) throw refuse(`a model of the family ${model.family} has no linear layers; use fp32`);
  if (layers.some(([, layer]) => layer.adapter !== null)) {
    throw refuse("the model has an adapter: merge it into the weights first");
  }
  const tied = [...params.tables()].filter(([, table]) => table.weight === head);
  const put = ([path, layer]: readonly [string, nn.Quantizable]): QuantizedWeight => {
    const quantized = scope(() => QuantizedWeight.of(layer.inOut ? layer.weight.t() : layer.weight, as));
    layer.quantized = quantized;
    const { data, scales } = quantized;
    const name = `${path}.weight`;
    params.replace(name, new Map([[name, data], ...(scales === null ? [] : [[`${name}_scale`, scales] as const])]));
    return quantized;
  };
  const heads = [...tied, ...layers.filter(([, layer]) => layer.weight === head)].map(put);
  for (const layer of layers) if (layer[1].quantized === null) put(layer);
  releaseMemory();
  const [quantizedHead] = heads;
  return quantizedHead === undefined ? model : { ...model, head: quantizedHead.data, quantizedHead };
}
