import { rm } from "node:fs/promises";
import { setNumThreads } from "@trainer/torch";
import { fetching } from "../home/fetching.js";
import { evaluateAtEnd } from "./evaluate-at-end.js";
import type { RunResult } from "./events.js";
import type { FileLock } from "../home/file-lock.js";
import { ManifestFile } from "../home/manifest-file.js";
import type { RunManifest } from "../home/manifest.js";
import { optionsOfRun } from "../options/options-of-run.js";
import { resolveCompute } from "../step/precision.js";
import { Reporter } from "./reporter.js";
import type { RunFolder } from "../home/run-folder.js";
import type { RunContext } from "./run-context.js";
import { RunCorpus } from "../bins/run-corpus.js";
import { resultOf } from "./session.js";

interface Completed {
  readonly found: RunManifest;
  readonly folder: RunFolder;
  readonly context: RunContext;
  readonly lock: FileLock;
}

/** Completes a run whose process ended before its evaluation. Idempotent. */
export async function finishCompleted({ found, folder, context, lock }: Completed): Promise<RunResult> {
  const options = optionsOfRun(found);
  const assertOwned = () => lock.assertOwned();
  const manifest = new ManifestFile(folder.manifest, found, assertOwned);
  await rm(folder.base, { recursive: true, force: true });
  if (found.evaluation === null) {
    setNumThreads(found.threads);
    const compute = resolveCompute("auto", "auto"); // the machine it was trained on may have been another
    const corpus = new RunCorpus(options, fetching(context).home);
    const session = { options, compute, folder, manifest, context, lock, corpus };
    await evaluateAtEnd(session, new Reporter(folder, context, assertOwned));
  }
  const {
    test_loss: testLoss,
    test_bits_per_byte: testBitsPerByte,
    test_step: testStep,
    test_figures: testFigures,
  } = found;
  const isText = testLoss !== null && testFigures === null;
  const testPerplexity = isText ? (found.test_perplexity ?? Infinity) : null; // which in the file is null
  const epochs = found.epochs_begun ?? found.epochs;
  const trained = resultOf({ folder, manifest }, { status: "completed", test: null, epochs });
  const result = { ...trained, testLoss, testPerplexity, testFigures, testBitsPerByte, testStep };
  context.onEvent?.({ type: "completed", result });
  return result;
}
