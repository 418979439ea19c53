import type { Tensor } from "@trainer/torch";
import type { GgufFile } from "./open-gguf.js";
import type { TypedMetadata } from "./values.js";

/** A tensor's two names, and how it is laid out in the file where that differs. */
export interface TensorNames {
  /** As Hugging Face stores it; N stands for the number of a layer. */
  readonly ours: string;
  readonly theirs: string;
  readonly layout: Layout | null;
}

export interface Layout {
  to(ours: Tensor): Tensor;
  from(theirs: Tensor): Tensor;
}

/** A model of ours as llama.cpp knows it. */
export interface WrittenModel {
  readonly architecture: string;
  /** Its dimensions, under keys with the architecture's name. */
  readonly metadata: TypedMetadata;
  readonly names: readonly TensorNames[];
  /** Tensors of the file that are no parameters. */
  readonly extra: readonly (readonly [name: string, numbers: Float32Array])[];
}

/** A file's model as Hugging Face stores it. */
export interface ReadModel {
  /** The `config.json`, without the ids of special tokens. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly names: readonly TensorNames[];
  /** Tensors of the file that are no parameters. */
  readonly extra: readonly string[];
}

export interface Architecture {
  /** `general.architecture`. */
  readonly name: string;
  read(file: GgufFile): ReadModel;
}

const LAYER = /(?<=\.)\d+(?=\.)/;

/** A tensor's counterpart by a list of names; null where there is none. */
export function counterpart(
  names: readonly TensorNames[],
  from: "ours" | "theirs",
  name: string,
): { readonly name: string; readonly layout: Layout | null } | null {
  const to = from === "ours" ? "theirs" : "ours";
  const layer = LAYER.exec(name)?.[0];
  const general = layer === undefined ? name : name.replace(LAYER, "N");
  const found = names.find((candidate) => candidate[from] === general);
  return found === undefined ? null : { name: found[to].replace("N", layer ?? ""), layout: found.layout };
}
