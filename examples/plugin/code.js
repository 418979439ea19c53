// What does all that index.js names: loaded when something of it is first used.
/**
 * @import { Family } from "@trainer/models"
 * @import { TrainableBackend } from "@trainer/tokenizers"
 * @import { MakeOptimizer } from "@trainer/torch"
 * @import { WindowConfig } from "./window-spec.js"
 */
import { ByteTokenizer } from "./bytes.js";
import { Lion } from "./lion.js";
import { windowSpec } from "./window-spec.js";
import { network } from "./window.js";

/** @type {Family<WindowConfig>} */
const window = { ...windowSpec, network, parameterName: (stored) => stored, tied: () => null };

export const families = [window];

/** @type {Readonly<Record<string, MakeOptimizer>>} */
export const optimizers = { lion: (params, options) => new Lion(params, options) };

/** @type {Readonly<Record<string, TrainableBackend>>} */
export const tokenizers = {
  bytes: {
    recognizes: ({ type }) => type === "bytes",
    load: () => new ByteTokenizer(),
    train: async () => new ByteTokenizer(), // there is nothing to learn
  },
};
