import { setImmediate } from "node:timers/promises";
import { cudaQueue, type DeviceQueue } from "@trainer/torch";
import { checkFinite } from "./check-finite.js";
import { batchOf } from "./shared-batches.js";
import { MAX_BATCH_SIZE } from "./decoding-group.js";
import { DeviceDecoder, STRETCH, type Stretch } from "./device-decoder.js";
import { RecordedStep } from "./recorded-step.js";
import { written, type Sequence, type SequenceEvent } from "./sequence.js";
import type { WritingModel } from "./writing-model.js";

/** Queues that record steps, by device; null: none. */
const QUEUES = { cpu: null, cuda: cudaQueue() };

/** What records steps on a device: CUDA graphs on a GPU, and null for step by step. */
export const queueOf = (device: WritingModel["device"]): DeviceQueue | null => QUEUES[device];

/** Cost of recording a step, in steps. */
const WORTH_RECORDING = 12;

/**
 * Writes sequences to the end of each, side by side: a sequence does not depend on those beside it (to the bit on a CPU).
 * Concurrent calls for one model share their steps.
 */
export async function* writeSequences(
  opened: WritingModel,
  sequences: readonly Sequence[],
  signal: AbortSignal | undefined,
  queue: DeviceQueue | null,
): AsyncGenerator<SequenceEvent, void, undefined> {
  for (const batch of batchesOf(sequences, opened.model.ragged === true)) {
    signal?.throwIfAborted();
    const step = queue && stepOf(opened, batch, queue);
    if (step === null) yield* batchOf(opened).write(batch, signal);
    else {
      try {
        yield* ahead(new DeviceDecoder(step, batch), batch, signal);
      } finally {
        if (opened.recorded === undefined) step[Symbol.dispose]();
        else opened.recorded.give(step);
      }
    }
  }
}

/** Sequences that are decoded together; where lengths must not differ, those of one prompt. */
function batchesOf(sequences: readonly Sequence[], ragged: boolean): Sequence[][] {
  const batches: Sequence[][] = [];
  for (const sequence of sequences) {
    const batch = batches.at(-1);
    const fits =
      batch !== undefined && batch.length < MAX_BATCH_SIZE && (ragged || batch[0]?.prompt === sequence.prompt);
    if (fits) batch.push(sequence);
    else batches.push([sequence]);
  }
  return batches;
}

/** The most tokens that any of the sequences will have. */
const longest = (sequences: readonly Sequence[]) =>
  Math.max(...sequences.map(({ prompt, options }) => prompt.length + options.maxNewTokens));

/** Null where steps cannot be recorded: they are done one by one then, which is slower. */
function stepOf(
  { model, recorded, absent }: WritingModel,
  batch: readonly Sequence[],
  queue: DeviceQueue,
): RecordedStep | null {
  const [first] = batch;
  if (first === undefined || first.options.maxNewTokens <= WORTH_RECORDING) return null;
  const { temperature, topK, topP, minP, repetitionPenalty } = first.options;
  const sampling = { temperature, topK, topP, minP, repetitionPenalty };
  const shape = { sequences: batch.length, capacity: longest(batch), vocab: first.vocab, sampling, absent };
  try {
    return recorded === undefined ? RecordedStep.of(model, shape, queue) : recorded.take(model, shape, queue);
  } catch {
    return null;
  }
}

/** Sequences side by side, to the end of each, with steps that are given to the device ahead of the tokens read. */
async function* ahead(
  decoder: DeviceDecoder,
  sequences: readonly Sequence[],
  signal: AbortSignal | undefined,
): AsyncGenerator<SequenceEvent, void, undefined> {
  decoder.begin((logits, sequence) => {
    checkFinite(logits);
    sequence.draw(logits);
  });
  for (const sequence of sequences) yield* written(sequence);
  let left = Math.max(...sequences.map(({ options }) => options.maxNewTokens)) - 1;
  const underWay: Stretch[] = [];
  try {
    while (sequences.some(({ finished }) => finished === null)) {
      if (underWay.length === 0 && decoder.room(1) === 0) decoder.moveOn();
      for (let room = 1; underWay.length < 2 && room > 0;) {
        room = decoder.room(Math.min(STRETCH, left));
        left -= room;
        if (room > 0) underWay.push(decoder.ask(room));
      }
      for (const stretch of underWay.splice(0, 1)) {
        for (const sequence of decoder.take(stretch)) yield* written(sequence);
      }
      await setImmediate();
      signal?.throwIfAborted();
    }
  } finally {
    for (const stretch of underWay) stretch(); // what is on its way holds memory until it is read
  }
}
