import { copyState, pairStates } from "./copy-state.js";
import { empty } from "./create.js";
import type { Device, DType } from "./dtype.js";
import { TorchError } from "./errors.js";
import type { Adaptable, Quantizable } from "./nn/adaptable.js";
import { keep, noGrad } from "./scope.js";
import type { Tensor } from "./tensor.js";

const MISFIT = "the state does not fit the parameters";

/** Fills a new parameter. */
export type Init = (t: Tensor) => void;

/** The layers that something can be put into when all are made, by their paths. */
interface Layers {
  readonly adaptable: Map<string, Adaptable>;
  readonly tables: Map<string, Quantizable>;
}

/** A tree of named parameters and how they are made: one registry, seen from a path in it. */
export class Params {
  readonly #path: string;
  readonly #registry: Map<string, Tensor>;
  readonly #layers: Layers;
  readonly device: Device;
  readonly dtype: DType;

  constructor(
    options: { device?: Device; dtype?: DType } = {},
    path = "",
    registry = new Map<string, Tensor>(),
    layers: Layers = { adaptable: new Map(), tables: new Map() },
  ) {
    this.device = options.device ?? "cpu";
    this.dtype = options.dtype ?? "float32";
    this.#path = path;
    this.#registry = registry;
    this.#layers = layers;
  }

  /** The same parameters under a longer path; names join with a dot. */
  at(path: string): Params {
    return new Params(this, this.#join(path), this.#registry, this.#layers);
  }

  /** A new parameter that requires a gradient. On the meta device it has a shape and no contents. */
  param(name: string, shape: readonly number[], init: Init): Tensor {
    const full = this.#join(name);
    if (this.#registry.has(full)) throw new TorchError("ARGUMENT", `there is a parameter ${full} already`);
    const made = keep(empty(shape, { device: this.device, dtype: this.dtype }));
    if (this.device !== "meta") noGrad(() => init(made));
    made.requiresGrad = true;
    this.#registry.set(full, made);
    return made;
  }

  /** Notes the layer whose weight is under this path as one that takes an adapter. */
  register(layer: Adaptable): void {
    this.#layers.adaptable.set(this.#path, layer);
  }

  /** Notes the embedding whose weight is under this path. */
  registerTable(table: Quantizable): void {
    this.#layers.tables.set(this.#path, table);
  }

  /** The layers that take an adapter, by their paths. */
  adaptable(): ReadonlyMap<string, Adaptable> {
    return this.#layers.adaptable;
  }

  /** The embeddings, by their paths. */
  tables(): ReadonlyMap<string, Quantizable> {
    return this.#layers.tables;
  }

  /** Frees a parameter and puts others in its place, which need no gradient. */
  replace(name: string, by: ReadonlyMap<string, Tensor>): void {
    this.#registry.get(name)?.dispose();
    this.#registry.delete(name);
    for (const [other, tensor] of by) this.#registry.set(other, tensor);
  }

  /** All parameters by their dotted names, in the order in which they were made. */
  named(): ReadonlyMap<string, Tensor> {
    return this.#registry;
  }

  list(): Tensor[] {
    return [...this.#registry.values()];
  }

  /** Total number of elements of all parameters. */
  count(): number {
    return this.list().reduce((sum, p) => sum + p.numel, 0);
  }

  /** Copies a state in. It must have exactly these names and shapes; one error lists what differs. */
  load(state: ReadonlyMap<string, Tensor>): void {
    copyState(MISFIT, this.#registry, state);
  }

  /** Throws what `load` would throw of a state that does not fit. On the meta device this needs no memory. */
  check(state: ReadonlyMap<string, Tensor>): void {
    pairStates(MISFIT, this.#registry, state);
  }

  #join(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}
