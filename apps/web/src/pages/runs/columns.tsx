import type { ListedRun, RunSort } from "@trainer/platform/browser";
import type { ReactNode } from "react";
import { Badge } from "../../parts/badge.js";
import { ago, duration, figure, moment, percent, timeOf, UNKNOWN } from "../../parts/figures.js";
import { hasEnded, runState } from "./run-state.js";
import styles from "./runs.module.css";
import { Sparkline } from "./sparkline.js";

export interface Column {
  readonly id: string;
  readonly title: string;
  /** By what the service sorts it. */
  readonly sort?: RunSort;
  readonly isNumber?: boolean;
  readonly cell: (run: ListedRun, now: number) => ReactNode;
}

/** Columns of the runs after their names. */
export const columns: readonly Column[] = [
  { id: "status", title: "Status", sort: "status", cell: (run, now) => <Status run={run} now={now} /> },
  { id: "progress", title: "Progress", sort: "progress", cell: (run) => <Progress run={run} /> },
  { id: "loss", title: "Training loss", cell: (run) => <Loss run={run} /> },
  {
    id: "val_loss",
    title: "Best validation",
    sort: "val_loss",
    isNumber: true,
    cell: (run) => figure(run.best_val_loss ?? run.training?.best_val_loss),
  },
  {
    id: "bits",
    title: "Bits\u00a0per byte",
    sort: "bits_per_byte",
    isNumber: true,
    cell: (run) => figure(run.bits_per_byte),
  },
  { id: "model", title: "Model", sort: "model", cell: (run) => <Name text={modelOf(run)} /> },
  { id: "tokenizer", title: "Tokenizer", sort: "tokenizer_id", cell: (run) => <Name text={run.tokenizer_id} /> },
  {
    id: "corpus",
    title: "Corpus",
    sort: "corpus",
    cell: (run) => <Name text={run.corpus} shown={lastOf(run.corpus)} />,
  },
  {
    id: "created",
    title: "Begun",
    sort: "created_at",
    cell: (run, now) => <time title={moment(timeOf(run.created_at))}>{ago(timeOf(run.created_at), now)}</time>,
  },
  {
    id: "duration",
    title: "Took",
    sort: "duration_seconds",
    isNumber: true,
    cell: (run, now) => duration(tookOf(run, now)),
  },
];

function Status({ run, now }: { readonly run: ListedRun; readonly now: number }) {
  const { word, tone, detail } = runState(run, now);
  return (
    <div className={styles.status}>
      <Badge tone={tone}>{word}</Badge>
      {detail !== "" && (
        <small className={styles.detail} title={detail} dir="auto">
          {detail}
        </small>
      )}
    </div>
  );
}

function Progress({ run }: { readonly run: ListedRun }) {
  if (run.status === "queued") return UNKNOWN;
  const eta = run.status === "running" ? run.training?.eta_seconds : null;
  return (
    <div className={styles.progress}>
      <progress
        max={100}
        value={run.progress}
        data-state={run.status}
        aria-label={`Progress of ${run.run_id}`}
        title={run.training === null ? undefined : `step ${run.training.step} of ${run.training.total_steps}`}
      />
      <small className={styles.detail}>
        {percent(run.progress)}
        {typeof eta === "number" && ` · ${duration(eta)} left`}
      </small>
    </div>
  );
}

const Loss = ({ run }: { readonly run: ListedRun }) => (
  <div className={styles.loss}>
    <Sparkline values={run.sparkline ?? []} />
    <span>{figure(run.training?.train_loss ?? run.sparkline?.at(-1))}</span>
  </div>
);

/** A name of any length and script; the whole stands in the title. */
const Name = ({
  text,
  shown = text,
}: {
  readonly text: string | null | undefined;
  readonly shown?: string | null | undefined;
}) => {
  if (typeof text !== "string" || text === "") return UNKNOWN;
  return (
    <span className={styles.name} title={text} dir="auto">
      {shown}
    </span>
  );
};

export const modelOf = (run: ListedRun): string | null =>
  run.model_family === null ? null : [run.model_family, run.model_size].filter(Boolean).join(" ");

/** The last part of a path. */
const lastOf = (path: string | null | undefined): string | null | undefined => path?.split(/[\\/]/).findLast(Boolean);

/** Seconds of training so far; of a run that runs, since it began. */
export function tookOf(run: ListedRun, now: number): number | null {
  if (typeof run.duration_seconds === "number") return run.duration_seconds;
  if (typeof run.started_at !== "string") return null;
  const end = typeof run.ended_at === "string" ? timeOf(run.ended_at) : hasEnded(run) ? null : now;
  return end === null ? null : (end - timeOf(run.started_at)) / 1000;
}
