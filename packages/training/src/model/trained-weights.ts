import { join } from "node:path";
import { ADAPTER_FILE, writeAdapterConfig, type CausalLm, type LoraModel } from "@trainer/models";
import { openSafetensors, scope, writeSafetensors, type Params } from "@trainer/torch";
import { publish } from "../checkpoint/publish.js";
import type { RunFolder } from "../home/run-folder.js";

/** The part of a model that a run trains: its checkpoints' content, and how it becomes the run's own weights. */
export interface TrainedWeights {
  readonly params: Params;
  /** True if a checkpoint's weights are a model by themselves. */
  readonly whole: boolean;
  /** Makes a checkpoint's weights, which are also those in memory now, the run's own. */
  publish(checkpoint: string, folder: RunFolder): Promise<void>;
}

/** All of a model: a checkpoint's file is what the run's folder holds. */
export const wholeModel = ({ params }: CausalLm): TrainedWeights => ({
  params,
  whole: true,
  publish: (checkpoint, folder) => publish(checkpoint, folder.weights),
});

/**
 * An adapter. Checkpoints hold it alone; the run's folder has it in PEFT's format, and beside it the weights with it
 * merged in, so that the run is used like any other.
 */
export const adapterOnly = (lora: LoraModel, baseName: string): TrainedWeights => ({
  params: lora.adapter,
  whole: false,
  async publish(checkpoint, folder) {
    await writeAdapterConfig(folder.adapter, lora, baseName);
    await publish(checkpoint, join(folder.adapter, ADAPTER_FILE));
    await writeMerged(lora, folder.weights);
  },
});

async function writeMerged({ merged, model }: LoraModel, path: string): Promise<void> {
  const tensors = merged();
  const own = new Set(model.params.list());
  try {
    await writeSafetensors(path, tensors, { format: "pt" });
  } finally {
    for (const tensor of tensors.values()) if (!own.has(tensor)) tensor.dispose();
  }
}

/** Replaces weights by those of a checkpoint's file. */
export function loadWeights({ params }: { readonly params: Params }, path: string): void {
  using stored = openSafetensors(path);
  scope(() => {
    params.load(new Map(stored.names.map((name) => [name, stored.tensor(name)])));
  });
}
