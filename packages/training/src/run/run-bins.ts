import type { Tokenizer } from "@trainer/tokenizers";
import { binsOfRun, type RunBins } from "../bins/bins-of-run.js";
import { leftOutSentences } from "../corpus/left-out.js";
import { assertKnownRule } from "../corpus/split-version.js";
import { openHome } from "../home/home.js";
import type { Reporter } from "./reporter.js";
import type { Session } from "./run-context.js";
import { lengthWarnings, lossWarnings, pairWarnings, splitCounts, splitWarnings } from "./split-counts.js";

/** The run's corpus as token bins; what is left out of it, and how it was split, is noted and told. */
export async function runBins(session: Session, reporter: Reporter, tokenizer: Tokenizer): Promise<RunBins> {
  const { options, manifest, context, corpus } = session;
  assertKnownRule(manifest.current);
  const bins = await binsOfRun(corpus, options, openHome(context.home), {
    tokenizer,
    threads: manifest.current.threads,
    signal: context.signal,
    onProgress: (p) => reporter.emit({ type: "data", ...p }),
  });
  try {
    const counts = splitCounts(bins.counts, options);
    await manifest.update({ left_out: bins.leftOut });
    for (const sentence of leftOutSentences(bins.leftOut)) reporter.warn(sentence);
    const warnings = [
      ...splitWarnings(counts),
      ...lengthWarnings(counts),
      ...pairWarnings(bins.counts),
      ...lossWarnings(bins.counts),
    ];
    for (const warning of warnings) reporter.warn(warning);
    reporter.emit({ type: "data", phase: "ready", counts, cached: bins.cached, specialTokens: bins.specialTokens });
    return bins;
  } catch (error) {
    bins[Symbol.dispose](); // a disk that is full
    throw error;
  }
}
