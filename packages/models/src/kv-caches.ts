import type { Params, Rotation } from "@trainer/torch";
import type { CacheOptions } from "./family.js";
import { KvCache, type KvCacheShape } from "./kv-cache.js";
import { RaggedKvCache } from "./ragged-kv-cache.js";

/** Of what caches and pages hold of a token. */
export type CacheSize = Pick<KvCacheShape, "layers" | "heads" | "headSize">;

/**
 * `newCache` of a network with attention: caches where its parameters are, in their type. `rotationOf` is the rotation
 * of each of a ragged cache's positions, of models that turn queries and keys.
 */
export const kvCaches =
  (
    params: Params,
    size: CacheSize,
    contextLength: number,
    rotationOf: (capacity: number) => Rotation | null = () => null,
  ) =>
  (batch: number, capacity = contextLength, options: CacheOptions = {}): KvCache => {
    const shape = { ...size, batch, capacity, device: params.device, dtype: params.dtype };
    return options.ragged === true ? new RaggedKvCache(shape, () => rotationOf(capacity)) : new KvCache(shape);
  };
