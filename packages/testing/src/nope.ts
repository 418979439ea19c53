import {
  attend,
  fromHeads,
  itself,
  KvCache,
  kvCaches,
  precisions,
  registerFamily,
  segment,
  snakeKeys,
  specialFields,
  toHeads,
  toSpecials,
  type Documents,
  type Family,
  type Network,
} from "@trainer/models";
import { gelu, nn, type Params, type Tensor } from "@trainer/torch";
import { z } from "zod";

const { embedding, layerNorm, linear } = nn;
const count = z.int().positive();

const Config = z.object({
  vocabSize: count.default(256),
  width: count,
  layers: count,
  heads: count,
  contextLength: count.default(256),
});
type NopeConfig = z.output<typeof Config>;

/** A decoder without positions (Kazemnejad et al. 2023): what comes before what it learns from the causal mask alone. */
function network(params: Params, c: NopeConfig): Network {
  const embed = embedding(params.at("embed"), c.vocabSize, c.width);
  const blocks = Array.from({ length: c.layers }, (_, i) => block(params.at(`blocks.${i}`), c, i));
  const norm = layerNorm(params.at("norm"), c.width);
  return {
    vocabSize: c.vocabSize,
    contextLength: c.contextLength,
    head: embed.weight, // (V, C)
    headBias: null,
    hidden(ids, ctx) {
      const cache = KvCache.of(ctx.cache);
      let x = embed(ids); // (B, T, C)
      for (const block of blocks) x = segment(ctx, (h) => block(h, cache, ctx.documents), x, itself);
      cache?.advance(ids.size(1));
      return norm(x);
    },
    newCache: kvCaches(params, { layers: c.layers, heads: c.heads, headSize: c.width / c.heads }, c.contextLength),
  };
}

function block(p: Params, c: NopeConfig, layer: number) {
  const norm1 = layerNorm(p.at("norm1"), c.width);
  const qkv = linear(p.at("qkv"), c.width, 3 * c.width);
  const out = linear(p.at("out"), c.width, c.width);
  const norm2 = layerNorm(p.at("norm2"), c.width);
  const up = linear(p.at("up"), c.width, 4 * c.width);
  const down = linear(p.at("down"), 4 * c.width, c.width);
  return (x: Tensor, cache?: KvCache, documents?: Documents): Tensor => {
    const all = qkv(norm1(x)); // (B, T, 3 C)
    const part = (i: number) => toHeads(all.narrow(-1, i * c.width, c.width), c.width / c.heads); // (B, nh, T, hs)
    const h = x.add(out(fromHeads(attend(part(0), part(1), part(2), { layer, cache, documents }))));
    return h.add(down(gelu(up(norm2(h)))));
  };
}

export const nope: Family<NopeConfig> = {
  name: "nope",
  title: "NoPE",
  modelTypes: ["nope"],
  precisions,
  sizes: { tiny: { width: 64, layers: 2, heads: 4 } },
  dimensions: Config.pick({ width: true, layers: true, heads: true }).partial(),
  dropouts: [],
  contextName: "contextLength",
  file: Config.extend({ modelType: z.literal("nope"), ...specialFields(null, null) })
    .refine((f) => f.width % f.heads === 0, "width must be a multiple of heads")
    .transform((f) => ({ config: Config.parse(f), specials: toSpecials(f) })),
  toFile: (config) => ({ model_type: "nope", ...snakeKeys(config) }),
  outline: (config) => config,
  network,
  parameterName: (stored) => stored,
  tied: () => null,
};

registerFamily(nope);
