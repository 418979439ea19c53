import type { CausalLm } from "@trainer/models";
import {
  clipGradNorm,
  clipScale,
  clipScaleOf,
  emptyCache,
  markGenerators,
  noGrad,
  Readback,
  scope,
  stack,
  Tape,
  type GradScaler,
  type Optimizer,
  type Tensor,
} from "@trainer/torch";
import { at } from "@trainer/disk";
import { weightOf, type Batch } from "../bins/batch.js";
import { TrainingError } from "../errors.js";
import type { WeightAverage } from "./weight-average.js";
import { nextToken, type Objective } from "./objective.js";
import { withMemory } from "./out-of-memory.js";
import { backwardInPrecision, inPrecision, type Compute } from "./precision.js";

/** Inputs of an optimizer step besides data. */
export interface Stepper {
  readonly model: CausalLm;
  /** The parameters that are trained. */
  readonly params: readonly Tensor[];
  readonly optimizer: Optimizer;
  /** Averages of the weights that are used in their place; null or none: the weights themselves are. */
  readonly average?: WeightAverage | null;
  /** What is made small; by default the cross entropy of the next token. */
  readonly objective?: Objective;
  readonly compute: Compute;
  /** The largest global gradient norm; 0: no clipping. */
  readonly gradientClipping: number;
  /** Keeps fp16 gradients from vanishing; null in other precisions. */
  readonly scaler: GradScaler | null;
  /** Makes the blocks' activations again for the gradient, in place of keeping them. */
  readonly activationCheckpointing?: boolean;
  /** True if clipping and finiteness are decided on the device; the default on a GPU and in fp16. */
  readonly onDevice?: boolean;
  /** Gives memory back where a step needs more than there is, which is then tried once more; null: it is not. */
  readonly freeMemory?: ((device: Compute["device"]) => void) | null;
}

export interface StepResult {
  /** Mean over the tokens of all the batches, in nats. */
  readonly loss: number;
  /** Means of what else the objective tells; without any: {}. */
  readonly figures: Readonly<Record<string, number>>;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Targets that counted. */
  readonly tokens: number;
  /** In fp16: the gradients overflowed, and the weights are unchanged. */
  readonly skipped: boolean;
}

/** A step that the device has been given. */
export interface QueuedStep {
  readonly tokens: number;
  /** True if its result is there at once. */
  readonly done: boolean;
  wait(): void;
  /**
   * Waits for it.
   * @throws TrainingError TRAINING_NAN_LOSS if loss or gradient are not finite; the device has left the weights alone.
   */
  result(): StepResult;
}

/**
 * One optimizer step over `count` batches: forward and backward of each, its loss weighted by its tokens so that the
 * gradient is that of one large batch, then clipping and the update. Nothing it allocates outlives it.
 *
 * @throws TrainingError TRAINING_NAN_LOSS, before the weights are touched, if loss or gradient are not finite.
 */
export const trainStep = (stepper: Stepper, next: () => Batch, count = 1): StepResult =>
  queueStep(stepper, next, count).result();

/** The same without waiting for a GPU, so that the next step can be queued while it computes. */
export const queueStep = (stepper: Stepper, next: () => Batch, count = 1): QueuedStep =>
  scope(() => queueBatches(stepper, Array.from({ length: count }, next)));

/** The same of batches that are there. */
export function queueBatches(stepper: Stepper, batches: readonly Batch[]): QueuedStep {
  const { compute, scaler, onDevice = compute.device === "cuda" || scaler !== null } = stepper;
  const work = { stepper, batches, tokens: tokensOf(batches) };
  return onDevice ? queuedStep(work) : hostStep(work);
}

/** The targets of batches that count. */
export const tokensOf = (batches: readonly Batch[]): number => batches.reduce((sum, { tokens }) => sum + tokens, 0);

/** A step's batches, and how many targets in them count. */
export interface Work {
  readonly stepper: Stepper;
  readonly batches: readonly Batch[];
  readonly tokens: number;
  /** The part of each batch in them, (batches) float32, where it is to be read on the device: in a step that is recorded. */
  readonly weights?: Tensor | undefined;
}

/** Decides on the host, which has the numbers as soon as they are computed. */
function hostStep(work: Work): QueuedStep {
  const { stepper, tokens } = work;
  const { optimizer, params, gradientClipping: maxNorm } = stepper;
  const losses = withGradients(work);
  const total = sumOf(losses.map(({ loss }) => loss.item()));
  if (!Number.isFinite(total)) throw notFinite("loss", total);
  const gradNorm = clipGradNorm(params, 0).item();
  if (!Number.isFinite(gradNorm)) throw notFinite("gradient norm", gradNorm);
  optimizer.step(clipScale(gradNorm, maxNorm)); // clipped on the way
  stepper.average?.update();
  optimizer.zeroGrad();
  const figures = eachFigure(losses, (figures) => sumOf(figures.map((figure) => figure.item())));
  const result = { loss: total, figures, gradNorm, tokens, skipped: false };
  return { tokens, done: true, wait: () => {}, result: () => result };
}

/** Leaves all decisions to the device; the host reads the numbers when it likes. */
function queuedStep(work: Work): QueuedStep {
  const numbers = updateOnDevice(work);
  return pendingStep(work.stepper, work.tokens, stacked(numbers), Object.keys(numbers.figures));
}

/** All of a step's work on its device. `lr` is the learning rate where that is to be read on the device. */
export function updateOnDevice(work: Work, lr?: Tensor): Numbers {
  const { optimizer, scaler, gradientClipping: maxNorm } = work.stepper;
  const numbers = scaler?.calibrated === false ? calibrated(work, scaler) : measured(work);
  const { norm, foundInf } = numbers;
  optimizer.step({ gradScale: clipScaleOf(norm, maxNorm), foundInf, lr });
  work.stepper.average?.update();
  scaler?.update(foundInf);
  optimizer.zeroGrad();
  return numbers;
}

/** The numbers of a step whose update is not made: gradients and the generators' places are given up. */
export function tryOnDevice(work: Work): readonly number[] {
  const { optimizer, scaler, compute } = work.stepper;
  const rewind = markGenerators(["cpu", compute.device]);
  const numbers = Array.from(stacked(measured(work)).data(), Number);
  optimizer.zeroGrad();
  scaler?.forget();
  rewind();
  return numbers;
}

/** A step of which the device will know these `numbers`: (3 + figures), as `stacked` makes them. */
export function pendingStep(
  { compute, scaler }: Stepper,
  tokens: number,
  numbers: Tensor,
  names: readonly string[] = [],
): QueuedStep {
  const readback = new Readback(numbers);
  return {
    tokens,
    done: compute.device === "cpu",
    wait: () => void readback.values(),
    result() {
      const [total = NaN, gradNorm = NaN, left, ...told] = readback.values();
      if (!Number.isFinite(total)) throw notFinite("loss", total);
      const skipped = left === 1;
      if (skipped && scaler === null) throw notFinite("gradient norm", gradNorm);
      const figures = Object.fromEntries(names.map((name, i) => [name, at(told, i)]));
      return { loss: total, figures, gradNorm, tokens, skipped };
    },
  };
}

/** What a step's device knows of it: () float32 each. */
interface Numbers {
  readonly loss: Tensor;
  readonly norm: Tensor;
  /** 1 where the update was left out, else 0. */
  readonly foundInf: Tensor;
  readonly figures: Readonly<Record<string, Tensor>>;
}

/** The same as one tensor: (3 + figures). */
export const stacked = ({ loss, norm, foundInf, figures }: Numbers): Tensor =>
  stack([loss, norm, foundInf, ...Object.values(figures)]);

/** The step's gradients, unscaled, and what is to be known of them, on their device. */
function measured(work: Work): Numbers {
  const { params, scaler } = work.stepper;
  const losses = withGradients(work);
  return noGrad(() => {
    const loss = tensorSum(losses.map((each) => each.loss));
    const figures = eachFigure(losses, tensorSum);
    scaler?.unscale_(params);
    const norm = clipGradNorm(params, 0);
    const foundInf = loss.add(norm).isfinite().logicalNot().to("float32");
    return { loss, norm, foundInf, figures };
  });
}

/** From 2^16 this reaches 2^-16: gradients that overflow then are infinite by themselves. */
const MAX_TRIES = 32;

/** Good steps in a row after which a scale is calibrated: gradients grow most in a run's first steps. */
const CALIBRATION_STEPS = 32;

/**
 * The same while the scale is a guess: one that makes gradients overflow costs another try with a lower one, on the same
 * batches with the same dropout, where later it costs the step. The host has to wait to know.
 */
function calibrated(work: Work, scaler: GradScaler): Numbers {
  const rewind = markGenerators(["cpu", work.stepper.compute.device]);
  for (let tries = 1; ; tries += 1) {
    const numbers = measured(work);
    const { loss: total, norm, foundInf } = numbers;
    if (foundInf.item() === 0) {
      scaler.calibrated = scaler.state().growthTracker + 1 >= CALIBRATION_STEPS;
      return numbers;
    }
    if (!Number.isFinite(total.item())) throw notFinite("loss", total.item());
    if (tries === MAX_TRIES) throw notFinite("gradient norm", norm.item());
    scaler.update(foundInf);
    work.stepper.optimizer.zeroGrad();
    rewind();
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
const tensorSum = (tensors: readonly Tensor[]): Tensor => tensors.reduce((sum, each) => sum.add(each));

/** Of each figure that the batches have, what `sum` makes of its parts. */
const eachFigure = <T>(batches: readonly Part[], sum: (parts: readonly Tensor[]) => T): Record<string, T> =>
  Object.fromEntries(
    at(batches, 0).figures.map(([name], i) => [name, sum(batches.map(({ figures }) => at(figures, i)[1]))]),
  );

/** A batch's part in a step's loss and figures, () each, without a graph. */
interface Part {
  readonly loss: Tensor;
  readonly figures: readonly (readonly [name: string, part: Tensor])[];
}

/** Fills the parameters' gradients; the batches' losses and figures, each weighted by its part in the step. */
function withGradients({ stepper, batches, weights }: Work): readonly Part[] {
  const { compute, optimizer } = stepper;
  const { freeMemory = compute.device === "cuda" ? emptyCache : null } = stepper;
  const total = sumOf(batches.map(weightOf));
  const weight = (i: number, batch: Batch) =>
    batches.length === 1 ? 1 : (weights?.select(0, i) ?? weightOf(batch) / total);
  const attempt = () => batches.map((batch, i) => backward(stepper, batch, weight(i, batch)));
  if (freeMemory === null) return attempt();
  const rewind = markGenerators(["cpu", compute.device]);
  return withMemory(attempt, () => {
    optimizer.zeroGrad(); // of the batches before the one that did not fit
    rewind();
    freeMemory(compute.device);
  });
}

/** Adds `weight` times the batch's gradient to the parameters'; returns its weighted loss and figures, without a graph. */
function backward(
  { model, compute, scaler, objective = nextToken(), activationCheckpointing = false }: Stepper,
  batch: Batch,
  weight: number | Tensor,
): Part {
  return scope(() => {
    const tape = activationCheckpointing ? new Tape(compute.device) : undefined;
    const forward = () => objective.ofBatch(model, batch, { training: true, tape });
    const { loss, told = loss, figures = {} } = inPrecision(compute, forward);
    const weighted = (mean: Tensor) => (weight === 1 ? mean : mean.mul(weight));
    const part = weighted(loss);
    const scaled = scaler === null ? part : scaler.scale(part);
    backwardInPrecision(compute, () => {
      if (tape === undefined) scaled.backward();
      else tape.backward(scaled, [model.head]); // tied to the embedding in many families
    });
    const parts = Object.entries(figures).map(([name, figure]) => [name, weighted(figure).detach()] as const);
    // Without the graph, which holds the activations.
    return { loss: told === loss ? part.detach() : weighted(told).detach(), figures: parts };
  });
}

const notFinite = (what: string, value: number) =>
  new TrainingError(
    "TRAINING_NAN_LOSS",
    `the ${what} became ${value}; a lower learning rate, warm-up or gradient clipping usually helps`,
  );
