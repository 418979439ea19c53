import type { RunManifest } from "../home/manifest.js";
import { parseTrainOptions, type RunOptions } from "./options.js";
import { fromConfig } from "./wire-names.js";

type Begun = Pick<RunManifest, "config" | "max_seq_len" | "split_version">;

/** Options of a run that has begun, by its manifest. */
export const optionsOfRun = ({ config, max_seq_len: maxSeqLen, split_version: splitVersion }: Begun): RunOptions => ({
  ...parseTrainOptions(fromConfig(config)),
  maxSeqLen,
  splitVersion,
});
