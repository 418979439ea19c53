// What this plugin brings, by name. It loads no native code: the API reads it to check requests.
/** @import { Plugin } from "@trainer/training/plugins" */
import { memory } from "./memory-store.js";
import { windowSpec } from "./window-spec.js";

/** @type {Plugin} */
const plugin = {
  name: "trainer-plugin-example",
  version: "0.1.0",
  api: 1,
  families: [windowSpec],
  optimizers: { lion: { title: "Lion", moments: 1 } },
  tokenizers: { bytes: { title: "Bytes", leastVocabSize: null, options: [] } },
  stores: [memory],
  code: () => import("./code.js"),
};
export default plugin;
