import type { RunManifest, RunSummary } from "@trainer/training";

type Cell = number | string | boolean | Date | null;

export type ColumnType = "integer" | "number" | "text" | "boolean" | "moment";

/** A column of a table of runs; null where a run has no such value. */
export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly cells: readonly Cell[];
}

/** A run of a home, or of a server, which has statuses of its own. */
export interface TableRun extends Pick<RunSummary, "id" | "archived" | "manifest"> {
  readonly status: string;
}

type Figure = readonly [type: ColumnType, of: (manifest: RunManifest) => Cell | undefined];

const moment = (text: string | null) => (text === null ? null : new Date(text));

/** Columns of every table, by name: what is known of each run beside its settings. */
const FIGURES: Readonly<Record<string, Figure>> = {
  started_at: ["moment", ({ started_at: at }) => moment(at)],
  finished_at: ["moment", ({ finished_at: at }) => moment(at)],
  seconds: ["number", (run) => run.duration_seconds],
  model_family: ["text", (run) => run.model_family],
  model_size: ["text", (run) => run.model_size],
  parameters: ["integer", (run) => run.parameters],
  trainable_parameters: ["integer", (run) => run.trainable_parameters],
  vocab_size: ["integer", (run) => run.vocab_size],
  tokenizer_id: ["text", (run) => run.tokenizer_id],
  corpus: ["text", (run) => run.corpus_path],
  corpus_sha256: ["text", (run) => run.corpus_sha256],
  train_bytes: ["integer", (run) => run.splits?.train.bytes],
  train_tokens: ["integer", (run) => run.splits?.train.tokens],
  device: ["text", (run) => run.device],
  precision: ["text", (run) => run.precision],
  batch_size: ["integer", (run) => run.batch_size],
  max_seq_len: ["integer", (run) => run.max_seq_len],
  steps: ["integer", (run) => run.steps],
  total_steps: ["integer", (run) => run.total_steps],
  tokens_seen: ["integer", (run) => run.tokens_seen],
  early_stopped: ["boolean", (run) => run.early_stopped],
  loss: ["number", (run) => run.loss],
  best_val_loss: ["number", (run) => run.best_val_loss],
  best_step: ["integer", (run) => run.best_step],
  test_loss: ["number", (run) => run.test_loss],
  test_perplexity: ["number", (run) => run.test_perplexity],
  test_bits_per_byte: ["number", (run) => run.test_bits_per_byte],
  eval_split: ["text", (run) => run.evaluation?.split],
  eval_loss: ["number", (run) => run.evaluation?.loss],
  eval_bits_per_byte: ["number", (run) => run.evaluation?.bits_per_byte],
  eval_bits_per_character: ["number", (run) => run.evaluation?.bits_per_character],
  gpu_peak_bytes: ["integer", (run) => run.gpu_peak_bytes],
  failure_class: ["text", (run) => run.failure_class],
  error_code: ["text", (run) => run.error_code],
  error: ["text", (run) => run.error],
};

/**
 * Runs as a table: what they are, how they went, and their settings, `config.<name>` each. A run that cannot be read has
 * its id and its status alone.
 *
 * @param plain settings that fit into a cell, by name
 */
export function runTable(
  runs: readonly TableRun[],
  plain: (config: RunManifest["config"]) => ReadonlyMap<string, number | string | boolean>,
): TableColumn[] {
  const settings = runs.map(({ manifest }) => (manifest === null ? null : plain(manifest.config)));
  const names = new Set(settings.flatMap((each) => (each === null ? [] : [...each.keys()])));
  return [
    { name: "run_id", type: "text", cells: runs.map(({ id }) => id) },
    { name: "status", type: "text", cells: runs.map(({ status }) => status) },
    { name: "archived", type: "boolean", cells: runs.map(({ archived }) => archived) },
    ...Object.entries(FIGURES).map(([name, [type, of]]) => ({
      name,
      type,
      cells: runs.map(({ manifest }) => (manifest === null ? null : (of(manifest) ?? null))),
    })),
    ...[...names].map((name) =>
      setting(
        `config.${name}`,
        settings.map((each) => each?.get(name) ?? null),
      ),
    ),
  ];
}

/** A setting's column: of one type where its values have one, else text. */
function setting(name: string, cells: readonly (number | string | boolean | null)[]): TableColumn {
  const types = new Set(cells.flatMap((cell) => (cell === null ? [] : [typeof cell])));
  if (types.size === 1 && types.has("number")) return { name, type: "number", cells };
  if (types.size === 1 && types.has("boolean")) return { name, type: "boolean", cells };
  return { name, type: "text", cells: cells.map((cell) => (cell === null ? null : String(cell))) };
}
