import { loss, type CausalLm } from "@trainer/models";
import { clipGradNorm, clipScale, scope, Tape, type GradScaler, type Optimizer, type Tensor } from "@trainer/torch";
import type { Batch } from "../bins/batch-loader.js";
import { TrainingError } from "../errors.js";
import { inPrecision, type Compute } from "./precision.js";

/** What an optimizer step needs besides data. */
export interface Stepper {
  readonly model: CausalLm;
  /** The parameters that are trained. */
  readonly params: readonly Tensor[];
  readonly optimizer: Optimizer;
  readonly compute: Compute;
  /** The largest global gradient norm; 0: no clipping. */
  readonly gradientClipping: number;
  /** Keeps fp16 gradients from vanishing; null in other precisions. */
  readonly scaler: GradScaler | null;
  /** Makes the blocks' activations again for the gradient, in place of keeping them. */
  readonly activationCheckpointing?: boolean;
}

export interface StepResult {
  /** Mean over the tokens of all the batches, in nats. */
  readonly loss: number;
  /** Global L2 norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** Targets that counted. */
  readonly tokens: number;
}

/**
 * One optimizer step over `count` batches: forward and backward of each, its loss weighted by its tokens so that the
 * gradient is that of one large batch, then clipping and the update. Nothing it allocates outlives it.
 *
 * @throws TrainingError TRAINING_NAN_LOSS, before the weights are touched, if loss or gradient are not finite.
 */
export function trainStep(stepper: Stepper, next: () => Batch, count = 1): StepResult {
  const { optimizer, params, scaler } = stepper;
  return scope(() => {
    const batches = Array.from({ length: count }, next);
    const tokens = batches.reduce((sum, batch) => sum + batch.tokens, 0);
    let total = 0;
    for (const batch of batches) total += backward(stepper, batch, batch.tokens / tokens);
    if (!Number.isFinite(total)) throw notFinite("loss", total);
    scaler?.unscale_(params);
    const maxNorm = stepper.gradientClipping;
    const gradNorm = clipGradNorm(params, scaler === null ? 0 : maxNorm).item();
    if (scaler === null) {
      if (!Number.isFinite(gradNorm)) throw notFinite("gradient norm", gradNorm);
      optimizer.step(clipScale(gradNorm, maxNorm)); // clipped on the way
    } else {
      scaler.step(optimizer, params); // skipped where gradients overflowed: the scale is lowered instead
      scaler.update();
    }
    optimizer.zeroGrad();
    return { loss: total, gradNorm, tokens };
  });
}

/** Adds `weight` times the batch's gradient to the parameters'; returns its weighted loss. */
function backward(
  { model, compute, scaler, activationCheckpointing = false }: Stepper,
  batch: Batch,
  weight: number,
): number {
  return scope(() => {
    const tape = activationCheckpointing ? new Tape(compute.device) : undefined;
    const mean = inPrecision(compute, () => loss(model, batch, { training: true, tape }));
    const weighted = weight === 1 ? mean : mean.mul(weight);
    const scaled = scaler === null ? weighted : scaler.scale(weighted);
    if (tape === undefined) scaled.backward();
    else tape.backward(scaled, [model.head]); // tied to the embedding in many families
    return weighted.item();
  });
}

const notFinite = (what: string, value: number) =>
  new TrainingError(
    "TRAINING_NAN_LOSS",
    "FATAL",
    `the ${what} became ${value}; a lower learning rate, warm-up or gradient clipping usually helps`,
  );
