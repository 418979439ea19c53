import { useQuery } from "@tanstack/react-query";
import type { RunStatus } from "@trainer/platform/browser";
import { isLive } from "../../../api/run.js";
import type { RunManifest } from "../../../api/manifest.js";
import { notesQuery } from "../../../api/runs.js";
import { Badge } from "../../../parts/badge.js";
import { count, duration, figure, moment, short, UNKNOWN } from "../../../parts/figures.js";
import { useNow } from "../../../parts/use-now.js";
import { NotesEditor } from "../../runs/notes-editor.js";
import { runState } from "../../runs/run-state.js";
import { Actions } from "./actions.js";
import styles from "./head.module.css";

/** A run's name, its state, how far it is, and what can be done with it. */
export function RunHead({ run, manifest }: { readonly run: RunStatus; readonly manifest: RunManifest | null }) {
  const { training } = run;
  const live = isLive(run);
  const { word, tone, detail } = runState(run, useNow(1000));
  return (
    <header className={styles.head}>
      <div className={styles.line}>
        <h1 className={styles.name} dir="auto">
          {run.run_id}
        </h1>
        <Badge tone={tone}>{word}</Badge>
        {live && detail !== "" && <span className={styles.quiet}>{detail}</span>}
      </div>
      <Actions run={run} hasAdapter={manifest === null ? null : Number(manifest.config["lora_rank"] ?? 0) > 0} />
      {live && training !== null && (
        <div className={styles.progress}>
          <progress max={100} value={run.progress} aria-label="Progress" />
          <span>
            {run.progress} % · step {count(training.step)} of {count(training.total_steps)}
            {training.eta_seconds === null ? "" : ` · ${duration(training.eta_seconds)} to the end`}
          </span>
        </div>
      )}
      {!live && detail !== "" && (
        <p className={styles.error} role="alert">
          {detail}
        </p>
      )}
      <Notes runId={run.run_id} />
      <dl className={styles.facts}>
        <Fact name="Best validation loss" value={figure(manifest?.best_val_loss ?? training?.best_val_loss)} />
        <Fact name="Training loss" value={figure(training?.train_loss)} />
        <Fact name="Test loss" value={figure(manifest?.test_loss ?? training?.test_loss)} />
        <Fact name="Bits per byte" value={figure(manifest?.evaluation?.bits_per_byte)} />
        <Fact name="Model" value={[run.model_family, run.model_size].filter((part) => part !== null).join(" ")} />
        <Fact name="Parameters" value={short(manifest?.parameters)} />
        <Fact name="Tokens seen" value={short(live ? null : manifest?.tokens_seen)} />
        <Fact name="Begun" value={moment(manifest?.started_at)} />
        <Fact name="Took" value={duration(live ? null : manifest?.duration_seconds)} />
      </dl>
    </header>
  );
}

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) =>
  value === "" || value === UNKNOWN ? null : (
    <div>
      <dt>{name}</dt>
      <dd title={value}>{value}</dd>
    </div>
  );

/** What people have written on a run. */
function Notes({ runId }: { readonly runId: string }) {
  const { data } = useQuery(notesQuery(runId));
  return (
    <div className={styles.notes}>
      {data?.tags.map((tag) => (
        <span key={tag} className={styles.tag} dir="auto">
          {tag}
        </span>
      ))}
      {data !== undefined && data.note !== "" && (
        <p className={styles.note} dir="auto">
          {data.note}
        </p>
      )}
      <NotesEditor runId={runId} />
      {data !== undefined && data.tags.length === 0 && data.note === "" && (
        <span className={styles.quiet}>no tags and no note yet</span>
      )}
    </div>
  );
}
