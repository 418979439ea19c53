import { scope, type Tensor } from "@trainer/torch";
import { counterpart, type ReadModel } from "./architecture.js";
import { architectures } from "./architectures.js";
import { unsound, unsupported } from "./errors.js";
import { openGguf, type GgufFile } from "./open-gguf.js";
import { tensorOf } from "./tensor-data.js";

/** A file's model as a config.json describes it. Throws MODEL_LOAD_FAILED, and UNSUPPORTED_BACKEND with what there is. */
export function readGgufModel(file: GgufFile): ReadModel {
  const { metadata, path } = file;
  const type = metadata.get("general.type") ?? "model";
  if (type !== "model") throw unsupported(path, `it holds no model but a part of one (${String(type).slice(0, 100)})`);
  const parts = metadata.get("split.count") ?? 1;
  if (parts !== 1)
    throw unsupported(
      path,
      `it is one of ${String(parts).slice(0, 100)} files; llama-gguf-split --merge makes one of them`,
    );
  const name = metadata.get("general.architecture");
  if (name === undefined) throw unsound(file.path, "it has no general.architecture");
  const found = architectures.find((architecture) => architecture.name === name);
  if (found !== undefined) return found.read(file);
  const known = architectures.map((architecture) => architecture.name).join(", ");
  throw unsupported(file.path, `its architecture is ${String(name).slice(0, 100)}; there are: ${known}`);
}

/** The tensors of a file by Hugging Face's names; what is not in blocks is a view of it. */
export function readGgufWeights(path: string): Map<string, Tensor> {
  const file = openGguf(path);
  const { names, extra } = readGgufModel(file);
  return scope(() => {
    const state = new Map<string, Tensor>();
    for (const [name, stored] of file.tensors) {
      if (extra.includes(name)) continue;
      const found = counterpart(names, "theirs", name);
      if (found === null)
        throw unsupported(path, `it has the tensor ${JSON.stringify(name)}, which no such model here has`);
      const tensor = tensorOf(file, stored);
      state.set(found.name, found.layout === null ? tensor : found.layout.from(tensor));
    }
    return state;
  });
}
