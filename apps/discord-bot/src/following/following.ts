import { ServiceError, type TrainerClient } from "@trainer/client";
import type { TrainerEvent } from "@trainer/platform";
import type { RunRecords } from "@trainer/platform/redis";
import type { Access } from "../access/access.js";
import { lossChart } from "../chart/loss-chart.js";
import { alertLine } from "./alert-line.js";
import { Alerts, type AlertParts } from "./alerts.js";
import { applyEvent, type Change } from "./apply-event.js";
import { applyStatus } from "./apply-status.js";
import { courseOf } from "./course.js";
import type { Feed } from "./feed.js";
import { FollowedRun } from "./followed-run.js";
import type { MessageParts } from "./run-message.js";
import { newRun, runConfig } from "./run-state.js";

/** Most ended runs that are kept in memory. */
const KEPT = 200;
const SAMPLE = { prompt_text: "", max_new_tokens: 60, temperature: 0.8, top_p: 0.95, seed: 42 };

export interface FollowingParts extends MessageParts, AlertParts {
  /** Null without an API: events are the only source. */
  readonly api: TrainerClient | null;
  readonly records: RunRecords;
  readonly access: Access;
  readonly feed: Feed;
  /** Interval of progress summaries. */
  readonly summaryMs: number;
}

/** Notifies users of their runs, by events and, where those were missed, by the API's status. */
export class Following implements AsyncDisposable {
  readonly #parts: FollowingParts;
  readonly #runs = new Map<string, Promise<FollowedRun>>();
  readonly #loaded = new Map<string, FollowedRun>();
  readonly #alerts = new Map<bigint, Alerts>();
  readonly #stop = new AbortController();
  #cancelSummary = () => {};

  constructor(parts: FollowingParts) {
    this.#parts = parts;
  }

  /** Number of runs that are followed and have not ended. */
  get size(): number {
    return [...this.#loaded.values()].filter(({ state }) => state.phase !== "ended").length;
  }

  /** Takes up what was followed before, and sums up from now on. */
  async start(): Promise<void> {
    this.#sumUpLater();
    await this.catchUp();
    this.#parts.log.info({ event: "following", runs: this.#loaded.size }, "following runs");
  }

  /** Something happened to a run. Order is kept by run. */
  event(event: TrainerEvent): void {
    this.#later(event.job_id, async () => {
      const run = await this.#run(event.job_id, event.user_id);
      if (run.state.userId === 0n) run.state = { ...run.state, userId: event.user_id };
      this.#change(run, applyEvent(run.state, event));
    });
  }

  /** A user has just started a run. */
  async begin(runId: string, user: bigint, named: { readonly family: string; readonly size: string }): Promise<void> {
    try {
      const run = await this.#run(runId, user);
      const state = { ...run.state, userId: user, config: run.state.config ?? runConfig(named) };
      this.#change(run, { state });
    } catch (error) {
      this.#trouble("run_not_told", error, runId);
    }
  }

  /** The followed runs that a user has started and that have not ended. @throws errors of Redis */
  async underWay(user: bigint): Promise<string[]> {
    const ids = new Set([...this.#loaded.keys(), ...(await this.#parts.store.unsettled())]);
    const runs = await Promise.all([...ids].map((id) => this.#run(id, 0n)));
    return runs.flatMap(({ state }) => (state.userId === user && state.phase !== "ended" ? [state.runId] : []));
  }

  /** @throws errors of Redis */
  async watch(runId: string, user: bigint): Promise<void> {
    const run = await this.#run(runId, 0n);
    await this.#parts.store.watch(runId, user);
    run.watchers.set(user, true);
    run.watched = true;
    this.#parts.feed.follow(runId);
    run.message(user).ask();
    this.#later(runId, () => this.#refresh(run));
  }

  /** @throws errors of Redis */
  async unwatch(runId: string, user: bigint): Promise<void> {
    const run = await this.#run(runId, 0n);
    run.watchers.set(user, false);
    const others = [...run.watchers.values()].some((on) => on);
    await this.#parts.store.unwatch(runId, user, others);
    run.watched = others;
    if (this.#recipients(run).length === 0) this.#parts.feed.unfollow(runId);
  }

  /** Owners, and the user who started it. */
  async mayCancel(runId: string, user: bigint): Promise<boolean> {
    if (this.#parts.access.owns(user)) return true;
    return (await this.#run(runId, 0n)).state.userId === user;
  }

  /** Somebody is there: their direct messages are tried again. */
  seen(user: bigint): void {
    this.#parts.unreachable.delete(user);
  }

  /** Fetches the status of every followed run: events may have been missed. */
  async catchUp(): Promise<void> {
    try {
      const { store, feed } = this.#parts;
      const unsettled = new Set(await store.unsettled());
      for (const runId of new Set([...unsettled, ...(await store.watching())])) {
        const run = await this.#run(runId, 0n);
        if (unsettled.has(runId)) run.show(this.#recipients(run));
        if (run.state.phase === "ended") continue;
        feed.follow(runId);
        await this.#refresh(run);
      }
    } catch (error) {
      this.#trouble("catch_up_failed", error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelSummary();
    this.#stop.abort();
    await Promise.all([...this.#loaded.values(), ...this.#alerts.values()].map((each) => each.close()));
  }

  #recipients = (run: FollowedRun): bigint[] => run.recipients(this.#parts.access);

  /** A run's state, from Redis unless it is in memory. */
  #run(runId: string, userId: bigint): Promise<FollowedRun> {
    const known = this.#runs.get(runId);
    if (known !== undefined) return known;
    const loading = this.#load(runId, userId);
    this.#runs.set(runId, loading);
    loading.catch(() => this.#runs.delete(runId)); // tried again with the next event
    return loading;
  }

  async #load(runId: string, userId: bigint): Promise<FollowedRun> {
    const { store, records } = this.#parts;
    const [stored, messages, watchers, watched] = await Promise.all([
      store.state(runId),
      store.messages(runId),
      store.watchers(runId),
      store.watched(runId),
    ]);
    const state = stored ?? newRun(runId, userId === 0n ? await this.#startedBy(runId, records) : userId);
    this.#makeRoom();
    const run = new FollowedRun({ state, watchers, watched, messages }, this.#parts);
    this.#loaded.set(runId, run);
    return run;
  }

  /** 0n for a run that nobody on Discord started, or whose record cannot be read. */
  async #startedBy(runId: string, records: RunRecords): Promise<bigint> {
    try {
      return (await records.get(runId))?.userId ?? 0n;
    } catch (error) {
      this.#trouble("record_unreadable", error, runId);
      return 0n;
    }
  }

  /** Nobody waits for the first of these, which is also the oldest. */
  #makeRoom(): void {
    if (this.#loaded.size < KEPT) return;
    for (const [runId, run] of this.#loaded) {
      if (run.settled || this.#recipients(run).length === 0) return this.#drop(runId);
    }
  }

  #drop(runId: string): void {
    this.#runs.delete(runId);
    this.#loaded.delete(runId);
  }

  #change(run: FollowedRun, change: Change | null): void {
    if (change === null) return;
    const { alert, state } = change;
    run.state = state;
    const users = this.#recipients(run);
    if (users.length === 0) return;
    run.show(users);
    if (alert === undefined) return;
    for (const user of users) this.#alertsOf(user).add(`${state.runId} ${alert}`, () => alertLine(alert, run.state));
    if (alert === "started") this.#parts.feed.follow(state.runId);
    if (state.phase === "ended") this.#later(state.runId, () => this.#finish(run));
  }

  #alertsOf(user: bigint): Alerts {
    const known = this.#alerts.get(user);
    if (known !== undefined) return known;
    const alerts = new Alerts(user, this.#parts);
    this.#alerts.set(user, alerts);
    return alerts;
  }

  /** Adds the whole curve and a sample to an ended run. */
  async #finish(run: FollowedRun): Promise<void> {
    const { api, feed } = this.#parts;
    const { runId, end } = run.state;
    feed.unfollow(runId);
    if (api === null) return;
    const signal = this.#stop.signal;
    run.chart = lossChart(await api.metrics(runId, { points: 200, signal })) ?? run.chart;
    this.#change(run, { state: run.state });
    if (end !== "completed") return;
    const { outputs } = await api.generate(runId, SAMPLE, { signal });
    const [sample] = outputs ?? [];
    if (sample !== undefined && sample.trim() !== "") this.#change(run, { state: { ...run.state, sample } });
  }

  /** Fetches a run's status from the API, and shows it. */
  async #refresh(run: FollowedRun, sumUp = false): Promise<void> {
    const { api, store, feed, clock } = this.#parts;
    if (api === null) return;
    const { runId } = run.state;
    const signal = this.#stop.signal;
    try {
      this.#change(run, applyStatus(run.state, await api.run(runId, { signal })));
      if (run.state.phase === "ended") return;
      run.chart = lossChart(await api.metrics(runId, { points: 200, signal })) ?? run.chart;
      const text = courseOf(run.state);
      if (sumUp && text !== null) this.#change(run, { state: { ...run.state, summary: { at: clock.now(), text } } });
      else this.#change(run, { state: run.state });
    } catch (error) {
      if (!(error instanceof ServiceError && error.code === "RUN_NOT_FOUND")) throw error;
      feed.unfollow(runId);
      this.#drop(runId);
      await store.forget(runId);
    }
  }

  #sumUpLater(): void {
    this.#cancelSummary = this.#parts.clock.after(this.#parts.summaryMs, () => {
      for (const [runId, run] of this.#loaded) this.#later(runId, () => this.#sumUp(run));
      this.#sumUpLater();
    });
  }

  async #sumUp(run: FollowedRun): Promise<void> {
    if (run.state.phase !== "ended" && this.#recipients(run).length > 0) await this.#refresh(run, true);
  }

  /** Work whose failure is this run's alone. */
  #later(runId: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#trouble("run_not_told", error, runId));
  }

  #trouble(event: string, error: unknown, runId?: string): void {
    if (this.#stop.signal.aborted) return;
    this.#parts.log.warn({ event, run_id: runId, err: error }, String(error));
  }
}
