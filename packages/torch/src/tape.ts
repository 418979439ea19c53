import { autocast, currentAutocast } from "./amp.js";
import type { Device } from "./dtype.js";
import { markGenerators } from "./random.js";
import { enableGrad, noGrad, scope } from "./scope.js";
import type { Tensor } from "./tensor.js";

/** Puts `f(t)` in the place of each tensor `t` of a value: how a tape reaches into what passes between segments. */
export type Each<T> = (value: T, f: (t: Tensor) => Tensor) => T;

/**
 * Activation checkpointing (Chen et al. 2016). A segment's forward pass leaves nothing behind but its result; `backward`
 * goes through the segments from last to first, makes each one's activations again and takes its gradients. It costs a
 * second forward pass. The generators are wound back for it, so that dropout draws the same masks: the gradients are
 * those of an ordinary backward pass, bit for bit.
 *
 * A tape serves one forward and one backward pass, inside one scope. What was made outside of segments may go into only
 * one of them.
 */
export class Tape {
  readonly #segments: (() => void)[] = [];
  /** Results of segments: their gradients wait here for the segment that made them. */
  readonly #results = new Set<Tensor>();
  readonly #generators: readonly Device[];

  /** `device` is where the segments draw random numbers, besides the CPU. */
  constructor(device: Device = "cpu") {
    this.#generators = ["cpu", device];
  }

  /** `block(x)`, to be differentiated by this tape's `backward`. */
  run<T>(block: (x: T) => T, x: T, each: Each<T>): T {
    const rewind = markGenerators(this.#generators);
    const cast = currentAutocast();
    const leaves: Tensor[] = [];
    const result = each(
      scope(() => noGrad(() => each(block(x), (t) => t.detach()))),
      (leaf) => {
        leaf.requiresGrad = true;
        this.#results.add(leaf);
        leaves.push(leaf);
        return leaf;
      },
    );
    this.#segments.push(() => {
      if (leaves.every((leaf) => leaf.grad === null)) return; // the loss does not depend on it
      rewind();
      const inputs: [given: Tensor, leaf: Tensor][] = [];
      const again = each(x, (given) => {
        const leaf = given.detach();
        if (given.requiresGrad) {
          leaf.requiresGrad = true;
          inputs.push([given, leaf]);
        }
        return leaf;
      });
      const made: Tensor[] = [];
      each(cast === null ? block(again) : autocast(cast, () => block(again)), (t) => {
        made.push(t);
        return t;
      });
      backwardThrough(made, leaves);
      for (const [given, { grad }] of inputs) if (grad !== null) this.#pass(grad, given);
      for (const leaf of leaves) leaf.dispose();
    });
    return result;
  }

  /**
   * Adds the gradients of a scalar to the leaves it came from. `shared` are the parameters that are used in several
   * segments, or in one and outside: their gradient is whole before it is added to what an earlier pass left.
   */
  backward(loss: Tensor, shared: readonly Tensor[] = []): void {
    const before = shared.map((param) => param.grad);
    for (const param of shared) param.grad = null;
    loss.backward();
    const goOn = markGenerators(this.#generators);
    for (let replay = this.#segments.pop(); replay !== undefined; replay = this.#segments.pop()) {
      scope(() => enableGrad(replay));
    }
    goOn();
    for (const [i, param] of shared.entries()) {
      const earlier = before[i] ?? null;
      if (earlier === null) continue;
      const { grad } = param;
      param.grad = grad === null ? earlier : noGrad(() => earlier.add_(grad));
    }
  }

  /** Hands a gradient on to what a segment was given. */
  #pass(gradient: Tensor, given: Tensor): void {
    if (!this.#results.has(given)) given.backward({ gradient });
    else given.grad = given.grad === null ? gradient : given.grad.add(gradient);
  }
}

/** One backward pass from several tensors, each with the gradient that has arrived at its leaf. */
function backwardThrough(made: readonly Tensor[], leaves: readonly Tensor[]): void {
  const roots = made.flatMap((t, i) => {
    const gradient = leaves[i]?.grad ?? null;
    return gradient === null || !t.requiresGrad ? [] : [{ t, gradient }];
  });
  const [first, ...rest] = roots;
  if (first === undefined) return;
  if (rest.length === 0) return first.t.backward({ gradient: first.gradient });
  // The derivative of sum(t · g) by t is g itself, so that one scalar represents all of them.
  const products = roots.map(({ t, gradient }) => t.mul(gradient).sum());
  products.reduce((sum, product) => sum.add(product)).backward();
}
