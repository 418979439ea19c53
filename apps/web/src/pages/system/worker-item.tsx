import type { SystemInfo } from "@trainer/platform/browser";
import { Badge, type Tone } from "../../parts/badge.js";
import { ago, count, duration, timeOf } from "../../parts/figures.js";
import { gpusIn } from "./gpus.js";
import { JobLine, type Job } from "./job-line.js";
import styles from "./system.module.css";

type Worker = NonNullable<SystemInfo["workers"]>[number];

/** A worker: where it is, what it can do at a time, and what it is at. */
export function WorkerItem({
  worker,
  jobs,
  now,
}: {
  readonly worker: Worker;
  readonly jobs: readonly Job[];
  readonly now: number;
}) {
  const [tone, state] = stateOf(worker, jobs);
  const { presence } = worker;
  return (
    <li className={styles.service}>
      <div className={styles.worker}>
        <strong dir="auto">{presence === null ? worker.name : `${presence.host}, process ${presence.pid}`}</strong>
        <span className={styles.help}>{presence === null ? "It says nothing of itself." : wordsOf(presence, now)}</span>
        {jobs.length > 0 && (
          <ul className={styles.jobs}>
            {jobs.map((job) => (
              <JobLine key={`${job.queue} ${job.kind} ${job.subject} ${job.since}`} job={job} now={now} />
            ))}
          </ul>
        )}
      </div>
      <Badge tone={tone}>{state}</Badge>
    </li>
  );
}

function stateOf({ alive }: Worker, jobs: readonly Job[]): readonly [Tone, string] {
  if (!alive) return ["bad", "Gives no sign of life"];
  return jobs.length > 0 ? ["busy", "At work"] : ["good", "Ready"];
}

function wordsOf(
  { started_at, seen_at, trainings, answers, engine }: NonNullable<Worker["presence"]>,
  now: number,
): string {
  const up = `Up for ${duration((now - timeOf(started_at)) / 1000)}, last sign of life ${ago(timeOf(seen_at), now)}.`;
  const takes = `Takes ${plural(trainings, "run or tokenizer", "runs or tokenizers")} and ${plural(answers, "question", "questions")} at a time.`;
  if (engine === null) return `${up} ${takes}`;
  const gpus = gpusIn(engine);
  const by = `Computes on ${gpus === "" ? "" : `${gpus} and `}${plural(engine.threads, "thread", "threads")}, by ${engine.kernels}.`;
  return `${up} ${takes} ${by}`;
}

const plural = (n: number, one: string, many: string): string => `${count(n)} ${n === 1 ? one : many}`;
