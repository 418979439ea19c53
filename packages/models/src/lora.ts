import { dropout, init, linear, noGrad, Params, scope, type nn, type Tensor } from "@trainer/torch";
import { ModelError } from "./errors.js";
import type { CausalLm } from "./model.js";

export interface LoraOptions {
  /** Columns of the update: r. */
  readonly rank: number;
  /** The update is scaled by alpha / r. */
  readonly alpha: number;
  /** Dropout of the update's input, in training. */
  readonly dropout?: number;
  /** Names of layers as the model's parameters have them ("c_attn"), or their whole paths; null: every linear layer but the head. */
  readonly targets?: readonly string[] | null;
}

/** A model whose weights are frozen, with the adapter that is trained in their place. */
export interface LoraModel {
  readonly model: CausalLm;
  /** `lora_A.weight` (r, in) and `lora_B.weight` (out, r) of each layer, under the names that PEFT stores. */
  readonly adapter: Params;
  readonly options: Required<LoraOptions>;
  /** The last names of the layers that have one. */
  readonly targetModules: readonly string[];
  /** True if these store their weights (in, out). */
  readonly inOut: boolean;
  /** The base model's parameters with the updates added in: new tensors where there are any. */
  merged(): Map<string, Tensor>;
}

/**
 * Low-rank adaptation (Hu et al. 2021): each target layer's map x W becomes x W + (alpha / r) · dropout(x) Aᵀ Bᵀ. A is
 * drawn as PEFT draws it, B is zero, so that training begins at the base model. The two products are kept apart: no
 * second copy of W is made, nor a gradient of its size.
 */
export function addLora(base: CausalLm, options: LoraOptions): LoraModel {
  const { rank, alpha, dropout: p = 0, targets = null } = options;
  const layers = targetLayers(base, targets);
  for (const param of base.params.list()) param.requiresGrad = false;
  const adapter = new Params({ device: base.head.device, dtype: base.head.dtype });
  const scale = alpha / rank;
  let training = false;
  const updates = new Map<string, () => Tensor>();
  for (const [path, layer] of layers) {
    const at = adapter.at(`base_model.model.${path}`);
    const a = at.param("lora_A.weight", [rank, layer.inFeatures], init.uniform(1 / Math.sqrt(layer.inFeatures)));
    const b = at.param("lora_B.weight", [layer.outFeatures, rank], init.zeros);
    layer.adapter = (x) => linear(linear(dropout(x, p, training), a), b).mul(scale);
    updates.set(`${path}.weight`, () => {
      const update = b.matmul(a).mul(scale); // (out, in)
      return layer.weight.add(layer.inOut ? update.t() : update);
    });
  }
  return {
    model: {
      ...base,
      hidden(ids, ctx) {
        training = ctx.training;
        return base.hidden(ids, ctx);
      },
    },
    adapter,
    options: { rank, alpha, dropout: p, targets },
    targetModules: [...new Set([...layers.keys()].map(lastName))].toSorted(),
    inOut: [...layers.values()].every((layer) => layer.inOut),
    merged: () =>
      scope(() =>
        noGrad(() => new Map([...base.params.named()].map(([name, t]) => [name, updates.get(name)?.() ?? t]))),
      ),
  };
}

const lastName = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

function targetLayers(
  { params, head, family }: CausalLm,
  targets: readonly string[] | null,
): ReadonlyMap<string, nn.Adaptable> {
  const all = new Map([...params.adaptable()].filter(([, layer]) => layer.weight !== head));
  const named = (target: string) => (path: string) => path === target || path.endsWith(`.${target}`);
  const unknown = (targets ?? []).find((target) => ![...all.keys()].some(named(target)));
  if (all.size === 0 || unknown !== undefined) {
    const there = [...new Set([...all.keys()].map(lastName))].join(", ") || "none";
    const what = unknown === undefined ? "adapters have no place in it" : `it has no linear layer "${unknown}"`;
    throw new ModelError("MODEL_INCOMPATIBLE", `LoRA on this ${family}: ${what}; its layers that take one: ${there}`);
  }
  if (targets === null) return all;
  return new Map([...all].filter(([path]) => targets.some((target) => named(target)(path))));
}
