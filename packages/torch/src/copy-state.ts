import { TorchError } from "./errors.js";
import { noGrad } from "./scope.js";
import type { Tensor } from "./tensor.js";

/** Copies a saved state into tensors of the same names and shapes; one error, that begins with `what`, lists all that differs. */
export function copyState(what: string, own: ReadonlyMap<string, Tensor>, state: ReadonlyMap<string, Tensor>): void {
  const pairs: [Tensor, Tensor][] = [];
  const wrong: string[] = [];
  for (const [name, t] of own) {
    const from = state.get(name);
    if (from === undefined) wrong.push(`${name} is missing`);
    else if (`${from.shape}` !== `${t.shape}`) wrong.push(`${name} is (${from.shape}) where (${t.shape}) is needed`);
    else pairs.push([t, from]);
  }
  for (const name of state.keys()) if (!own.has(name)) wrong.push(`${name} is not part of it`);
  if (wrong.length > 0) throw new TorchError("SHAPE", `${what}: ${wrong.join("; ")}`);
  noGrad(() => {
    for (const [t, from] of pairs) t.copy_(from);
  });
}
