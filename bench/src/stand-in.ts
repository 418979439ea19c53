import { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

export interface StandInOptions {
  /** How long a training takes. */
  readonly seconds: number;
  /** Holds a file for each trained run, as a home holds its manifest: who comes to it again does not train it again. */
  readonly trained: string;
  /** Called when a training begins, when it has been trained, and when all know that it is completed. */
  readonly note: (what: "begun" | "trained" | "completed", runId: string) => void;
}

const Heard = z.looseObject({ type: z.string(), runId: z.string().default("") });

/** Reports of a training's progress. */
const STEPS = 3;

/** Stands in for the process of a training, without one: it computes nothing, and says what one says. */
export class StandIn extends ChildProcess {
  override connected = true;
  readonly #options: StandInOptions;
  #runId = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StandInOptions) {
    super();
    this.#options = options;
  }

  override send(message: unknown): boolean {
    const { type, runId } = Heard.parse(message);
    if (type === "train") this.#begin(runId);
    if (type === "send") this.#say({ type: "sent", fileId: archiveOf(this.#runId), bytes: 1, trained: TRAINED });
    if (type === "stop") this.#say({ type: "stopped" });
    if (type === "clean") {
      this.#options.note("completed", this.#runId);
      this.#say({ type: "done" });
    }
    return true;
  }

  override kill(): boolean {
    clearInterval(this.#timer);
    if (this.connected) setImmediate(() => this.emit("exit", null, "SIGKILL"));
    this.connected = false;
    return true;
  }

  #begin(runId: string): void {
    this.#runId = runId;
    this.#options.note("begun", runId);
    this.#say({
      type: "update",
      update: {
        kind: "config",
        modelFamily: "char_lstm",
        modelSize: "tiny",
        batchSize: 8,
        learningRate: 1e-3,
        threads: 1,
      },
    });
    const trained = join(this.#options.trained, runId);
    let step = 0;
    const interval = (1000 * this.#options.seconds) / STEPS;
    this.#timer = setInterval(() => {
      if (step === STEPS || existsSync(trained)) {
        clearInterval(this.#timer);
        if (step === STEPS) this.#options.note("trained", runId);
        writeFileSync(trained, "");
        return this.#say({ type: "trained" });
      }
      step += 1;
      const at = Date.now() / 1000;
      this.#say({
        type: "update",
        update: { kind: "step", at, training: progress(step), samplesPerSec: 1, border: false },
      });
    }, interval);
  }

  #say(message: object): void {
    setImmediate(() => this.connected && this.emit("message", message));
  }
}

const progress = (step: number) => ({
  step,
  total_steps: STEPS,
  epoch: 0,
  total_epochs: 1,
  train_loss: 2.5,
  lr: 1e-3,
  grad_norm: 1,
  tokens_per_sec: 1000,
  eta_seconds: 10,
  val_loss: null,
  best_val_loss: null,
  test_loss: null,
  checkpoint_step: null,
  rss_bytes: 1e9,
});

const TRAINED = { testLoss: 2, trainLoss: 2, path: "/nowhere", progress: progress(STEPS) };

const archiveOf = (runId: string): string => createHash("sha256").update(runId).digest("hex");
