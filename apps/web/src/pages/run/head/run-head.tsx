import type { RunStatus } from "@trainer/platform/browser";
import { isLive } from "../../../api/run.js";
import type { RunManifest } from "../../../api/manifest.js";
import { Badge } from "../../../parts/badge.js";
import { ago, count, duration, figure, moment, short } from "../../../parts/figures.js";
import { useNow } from "../../../parts/use-now.js";
import { Actions } from "./actions.js";
import styles from "./head.module.css";
import { stateOf } from "./state.js";

/** A run's name, its state, how far it is, and what can be done with it. */
export function RunHead({ run, manifest }: { readonly run: RunStatus; readonly manifest: RunManifest | null }) {
  const { title, tone } = stateOf(run);
  const { training } = run;
  const live = isLive(run);
  return (
    <header className={styles.head}>
      <div className={styles.line}>
        <h1 className={styles.name} dir="auto">
          {run.run_id}
        </h1>
        <Badge tone={tone}>{title}</Badge>
        <Heartbeat run={run} />
      </div>
      <Actions run={run} />
      {live && training !== null && (
        <div className={styles.progress}>
          <progress max={100} value={run.progress} aria-label="Progress" />
          <span>
            {run.progress} % · step {count(training.step)} of {count(training.total_steps)} ·{" "}
            {training.eta_seconds === null ? "" : `${duration(training.eta_seconds)} to the end`}
          </span>
        </div>
      )}
      {run.error !== null && run.status === "failed" && title === "Failed" && (
        <p className={styles.error} role="alert">
          {run.error}
        </p>
      )}
      <dl className={styles.facts}>
        <Fact name="Best validation loss" value={figure(manifest?.best_val_loss ?? training?.best_val_loss)} />
        <Fact name="Training loss" value={figure(training?.train_loss)} />
        <Fact name="Test loss" value={figure(manifest?.test_loss ?? training?.test_loss)} />
        <Fact name="Bits per byte" value={figure(manifest?.evaluation?.bits_per_byte)} />
        <Fact name="Model" value={`${run.model_family ?? ""} ${run.model_size ?? ""}`.trim()} />
        <Fact name="Parameters" value={short(manifest?.parameters)} />
        <Fact name="Tokens seen" value={short(live ? null : manifest?.tokens_seen)} />
        <Fact name="Begun" value={moment(manifest?.started_at ?? null)} />
        <Fact name="Took" value={duration(live ? null : manifest?.duration_seconds)} />
      </dl>
    </header>
  );
}

const Fact = ({ name, value }: { readonly name: string; readonly value: string }) =>
  value === "" || value === "–" ? null : (
    <div>
      <dt>{name}</dt>
      <dd title={value}>{value}</dd>
    </div>
  );

/** Seconds without a sign of life after which a reader is told. */
const SILENT_S = 30;

function Heartbeat({ run }: { readonly run: RunStatus }) {
  const now = useNow(1000);
  if (run.status !== "running" || run.last_heartbeat_ts === null) return null;
  const isSilent = now / 1000 - run.last_heartbeat_ts > SILENT_S;
  return (
    <span className={isSilent ? styles.silent : styles.quiet}>
      last sign of life {ago(run.last_heartbeat_ts * 1000, now)}
    </span>
  );
}
