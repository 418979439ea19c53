import { at } from "@trainer/disk";
import { scope, type Tensor } from "@trainer/torch";
import type { CausalLm } from "../model.js";
import { counterpart, type WrittenModel } from "./architecture.js";
import { writtenModel } from "./architectures.js";
import { elementTypes, fileTypes, type ElementTypeName } from "./element-types.js";
import { noGguf } from "./errors.js";
import { partsOf } from "./tensor-data.js";
import { text, u32, type TypedMetadata } from "./values.js";
import { writeGguf, type WrittenTensor } from "./write-gguf.js";

export interface GgufOptions {
  /** Type of the matrices. */
  readonly type: ElementTypeName;
  readonly name: string;
  /** What else the file says: its tokenizer. */
  readonly metadata?: TypedMetadata;
}

export interface WrittenGguf {
  readonly bytes: number;
  /** Names of the matrices that are in float16, as their rows cannot be cut into the blocks of the type. */
  readonly inHalf: readonly string[];
}

/** Throws UNSUPPORTED_BACKEND for a model that llama.cpp does not have, before anything else is done about it. */
export const checkGguf = (model: Pick<CausalLm, "family" | "configFile">): void => {
  writtenModel(model);
};

/**
 * Writes a model as a GGUF file, whole or not at all; of one tensor a part is converted at a time. Vectors, and GPT-2's
 * positions, stay in float32, as llama.cpp's own converter has them.
 */
export async function writeGgufModel(path: string, model: CausalLm, options: GgufOptions): Promise<WrittenGguf> {
  const { type, name, metadata = [] } = options;
  const written = writtenModel(model);
  const parameters = [...model.params.named()].map(([parameter, tensor]) => stored(parameter, tensor, written, type));
  const extra = written.extra.map(([name, numbers]): WrittenTensor => ({
    name,
    type: "f32",
    shape: [numbers.length],
    parts: () => [new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)],
  }));
  const head: TypedMetadata = [
    ["general.architecture", text(written.architecture)],
    ["general.type", text("model")],
    ["general.name", text(name)],
    ["general.size_label", text(sizeLabel(model.params.count()))],
    ["general.file_type", u32(fileTypes[type])],
    ["general.quantization_version", u32(2)],
  ];
  const bytes = await writeGguf(path, [...head, ...written.metadata, ...metadata], [...extra, ...parameters]);
  return { bytes, inHalf: parameters.filter((one) => one.type === "f16" && type === "q8_0").map(({ name }) => name) };
}

function stored(parameter: string, value: Tensor, { names }: WrittenModel, wanted: ElementTypeName): WrittenTensor {
  const found = counterpart(names, "ours", parameter);
  if (found === null) throw noGguf(`it has the parameter ${parameter}, which llama.cpp has not for this family`);
  const { name, layout } = found;
  const laidOut = () => scope(() => (layout === null ? value.detach() : layout.to(value.detach())));
  const shape = scope(() => [...laidOut().shape]);
  const type = typeOf(name, shape, wanted);
  return {
    name,
    type,
    shape,
    *parts() {
      const whole = laidOut();
      try {
        yield* partsOf(whole, type);
      } finally {
        whole.dispose();
      }
    },
  };
}

function typeOf(name: string, shape: readonly number[], wanted: ElementTypeName): ElementTypeName {
  if (shape.length < 2 || name === "position_embd.weight") return "f32";
  return at(shape, shape.length - 1) % elementTypes[wanted].block === 0 ? wanted : "f16";
}

/** 124439808 -> 124M */
export function sizeLabel(parameters: number): string {
  const [unit, size] = parameters >= 1e9 ? ["B", 1e9] : parameters >= 1e6 ? ["M", 1e6] : ["K", 1e3];
  return `${Number((parameters / size).toPrecision(3))}${unit}`;
}
