import type { ReactNode } from "react";
import type { RunManifest } from "../../../api/manifest.js";
import { bytes, count, duration, moment, UNKNOWN } from "../../../parts/figures.js";
import { Panel } from "../../../parts/panel.js";
import styles from "./settings.module.css";

const UNKNOWN_VERSION = "unknown";

/** By what a run can be made again: its text, tokenizer and program, and the machine that it ran on. */
export function FactsPanel({ manifest }: { readonly manifest: RunManifest }) {
  const { config, versions, system } = manifest;
  const programs = Object.entries(versions).filter(([, version]) => version !== UNKNOWN_VERSION);
  return (
    <Panel title="Facts">
      <dl className={styles.facts}>
        <Fact name="Text">{textOf(config["corpus_file_id"]) ?? manifest.corpus_path}</Fact>
        <Fact name="SHA-256 of the text">{manifest.corpus_sha256}</Fact>
        <Fact name="Tokenizer">{manifest.tokenizer_id}</Fact>
        <Fact name="Vocabulary">{of(manifest.vocab_size, (size) => `${count(size)} tokens`)}</Fact>
        <Fact name="Starts from">{manifest.pretrained_run_id}</Fact>
        <Fact name="Parameters">{parametersOf(manifest)}</Fact>
        <Fact name="Seed">{of(manifest.seed, String)}</Fact>
        <Fact name="Begun">{of(manifest.started_at, moment)}</Fact>
        <Fact name="Ended">{of(manifest.finished_at, moment)}</Fact>
        <Fact name="Took">{of(manifest.duration_seconds, duration)}</Fact>
        <Fact name="Ended early">{manifest.early_stopped ? "yes, as validation no longer improved" : null}</Fact>
        <Fact name="Computed on">{deviceOf(manifest)}</Fact>
        <Fact name="GPU memory">{of(manifest.gpu_peak_bytes, (most) => `${bytes(most)} at most`)}</Fact>
        <Fact name="Machine">
          {["platform", "platform_release", "machine"]
            .map((part) => textOf(system[part]) ?? "")
            .join(" ")
            .trim()}
        </Fact>
        <Fact name="Commit">{manifest.git_commit}</Fact>
        {programs.map(([name, version]) => (
          <Fact key={name} name={`Version of ${name}`}>
            {textOf(version)}
          </Fact>
        ))}
      </dl>
    </Panel>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (children === null || children === "" || children === UNKNOWN) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd dir="auto">{children}</dd>
    </div>
  );
}

const of = <T,>(value: T | null, show: (value: T) => string): string | null => (value === null ? null : show(value));

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);

function parametersOf({ parameters, trainable_parameters: trained }: RunManifest): string | null {
  if (parameters === null) return null;
  return trained === null || trained === parameters
    ? count(parameters)
    : `${count(parameters)}, ${count(trained)} trained`;
}

const deviceOf = ({ device, precision, threads }: RunManifest): string =>
  [
    device === "cuda" ? "GPU" : "processor",
    precision,
    device === "cpu" && threads !== null ? `${threads} threads` : null,
  ]
    .filter((part) => part !== null)
    .join(", ");
