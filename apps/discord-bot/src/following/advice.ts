/** Advice for a failed run, by its reason. */
const ADVICE: readonly (readonly [pattern: RegExp, todo: string])[] = [
  [/out of memory|OOM|insufficient memory/i, "Train with a smaller `batch_size` or `max_seq_len`, or a smaller model."],
  [/\bnan\b|not finite|non-finite|diverged/i, "Train with a lower `learning_rate`, and keep `gradient_clipping` at 1."],
  [/cuda/i, "Train with `device` cpu or auto, or start a worker on a machine with a GPU."],
  [/precision|fp16|bf16/i, "Train with `precision` auto or fp32."],
  [/tokenizer/i, "Choose a tokenizer that exists: the option `tokenizer_id` lists them."],
  [/corpus|data-bank|download|file_id/i, "Check the corpus: its file id, or its path under the corpus folder."],
  [/size|backend|family/i, "Choose a family and a size that exist: the options list them."],
  [/space|ENOSPC|disk/i, "Make room on the worker's disk: `trainer cleanup` lists what can go."],
  [/redis|ECONN|timeout|unreachable/i, "A service could not be reached: see that all of them run, and start it again."],
];

export function advice(kind: "user" | "system", message: string): string {
  const known = ADVICE.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  return kind === "user"
    ? "Change what was asked for as it says, and start again with `/train`."
    : "Look at the run's log on the server (`trainer logs RUN`), and start again with `/train`.";
}
