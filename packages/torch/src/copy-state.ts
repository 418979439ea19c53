import { TorchError } from "./errors.js";
import { noGrad } from "./scope.js";
import type { Tensor } from "./tensor.js";

type State = ReadonlyMap<string, Tensor>;

/** Differences that an error names: of a model of another size everything differs. */
const MOST_NAMED = 50;

/** Copies a saved state into tensors of the same names and shapes; one error, that begins with `what`, lists what differs. */
export function copyState(what: string, own: State, state: State): void {
  const pairs = pairStates(what, own, state);
  noGrad(() => {
    for (const [t, from] of pairs) t.copy_(from);
  });
}

/** Each tensor with the saved one that is to be copied into it; the same error. */
export function pairStates(what: string, own: State, state: State): [Tensor, Tensor][] {
  const pairs: [Tensor, Tensor][] = [];
  const wrong: string[] = [];
  for (const [name, t] of own) {
    const from = state.get(name);
    if (from === undefined) wrong.push(`${name} is missing`);
    else if (`${from.shape}` !== `${t.shape}`) wrong.push(`${name} is (${from.shape}) where (${t.shape}) is needed`);
    else pairs.push([t, from]);
  }
  for (const name of state.keys()) if (!own.has(name)) wrong.push(`${name} is not part of it`);
  if (wrong.length === 0) return pairs;
  const more = wrong.length > MOST_NAMED ? `; and ${wrong.length - MOST_NAMED} more` : "";
  throw new TorchError("SHAPE", `${what}: ${wrong.slice(0, MOST_NAMED).join("; ")}${more}`);
}
