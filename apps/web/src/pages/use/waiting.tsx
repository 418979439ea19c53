import { skipToken, useQuery } from "@tanstack/react-query";
import { z } from "zod";
import type { ModelAnswer } from "../../api/answers.js";
import { ask } from "../../api/ask.js";
import { duration } from "../../parts/figures.js";
import { useNow } from "../../parts/use-now.js";
import { JobState } from "@trainer/platform/browser";
import type { Answer } from "./use-answer.js";
import styles from "./use.module.css";

const State = z.object({ status: JobState });

/** How often it is read whether a question has been taken up. */
const EVERY_MS = 1500;
/** Waiting that needs an explanation. */
const LONG_SECONDS = 20;

/** While nothing of an answer is there: what is waited for, and how long so far. */
export function Waiting<R extends ModelAnswer>({
  answer,
  answerPath,
}: {
  readonly answer: Answer<R>;
  readonly answerPath: (accepted: R) => string;
}) {
  const { accepted, isAway, since } = answer;
  const path = accepted === null ? null : answerPath(accepted);
  const { data } = useQuery({
    queryKey: ["answer", path],
    queryFn: path === null ? skipToken : ({ signal }) => ask(State, path, { signal }),
    enabled: !isAway,
    refetchInterval: EVERY_MS,
    gcTime: 0,
  });
  const seconds = Math.max(0, (useNow(1000) - since) / 1000);
  return (
    <div className={styles.waiting}>
      <p role="status">{isAway ? AWAY : data?.status === "running" ? LOADING : QUEUED}</p>
      <p className={styles.quiet}>
        {duration(seconds)}
        {data?.status === "queued" && seconds >= LONG_SECONDS && ` ${LONG}`}
      </p>
    </div>
  );
}

const AWAY = "The service went away while it answered. The answer is looked for until the service is back …";
const LOADING = "The model is at work. Before its first answer it is loaded, which takes some seconds …";
const QUEUED = "Waiting for the model …";
const LONG = "– others are answered first, or no worker runs.";
