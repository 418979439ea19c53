import type { OpenModel } from "./open-model.js";

/** The properties of an opened model by which it writes texts. */
export type WritingModel = Pick<
  OpenModel,
  | "model"
  | "tokenizer"
  | "device"
  | "weightType"
  | "contextLength"
  | "ends"
  | "absent"
  | "startId"
  | "recorded"
  | "promptCacheBytes"
>;
