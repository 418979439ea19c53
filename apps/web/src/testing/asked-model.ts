import { waitFor } from "@testing-library/react";
import { expect } from "vitest";
import { answering, type Request } from "./answers.js";
import { eventStream } from "./event-stream.js";
import { openPage } from "./page.js";

const RUN = {
  run_id: "r1",
  status: "completed",
  last_heartbeat_ts: null,
  message: null,
  progress: 100,
  created_at: "2026-01-01T00:00:00",
  updated_at: "2026-01-01T00:10:00",
  error: null,
  model_family: "gpt2",
  model_size: "tiny",
  artifact_file_id: null,
  training: null,
};
const TRAINED = {
  step: 80,
  total_steps: 80,
  epoch: 0,
  total_epochs: 1,
  train_loss: 4.9,
  lr: null,
  grad_norm: null,
  tokens_per_sec: null,
  eta_seconds: 0,
  val_loss: 4.8,
  best_val_loss: 4.7891,
  test_loss: null,
  checkpoint_step: 80,
  rss_bytes: null,
};
/** A page of finished runs. */
export const RUNS = {
  runs: [
    { ...RUN, training: TRAINED },
    { ...RUN, run_id: "r0", model_family: null, model_size: null },
  ],
  next: null,
};

/** What a model is asked, and how its answers are called. */
export const QUEUED = { status: "queued", request_id: "q1", session_id: "s1" };

/** Opens the page on which the model of `r1` is asked; it answers by events that the test sends. */
export function askModel(
  kind: "generate" | "chat" | "score",
  {
    answers = {},
    address = `/app/use?mode=${kind}`,
  }: { answers?: Parameters<typeof answering>[0]; address?: string } = {},
) {
  const post = `POST /runs/r1/${kind}`;
  const streams: ReturnType<typeof eventStream>[] = [];
  const answer = ({ signal }: Request) => {
    const stream = eventStream(signal);
    streams.push(stream);
    stream.send("accepted", QUEUED);
    return stream.response;
  };
  const asked = answering({
    "/runs": RUNS,
    "/exports": { models: [] },
    "GET /runs/r1/chat": { chats: [] },
    [post]: answer,
    ...answers,
  });
  return {
    asked,
    /** What the model was asked so far. */
    bodies: () => asked.flatMap(({ method, path, body }) => (`${method} ${path}` === post ? [body] : [])),
    /** The answer that is under way: the `count`th. */
    stream: async (count = 1) => {
      await waitFor(() => expect(streams.length).toBeGreaterThanOrEqual(count));
      return streams.at(-1) ?? eventStream();
    },
    ...openPage(address),
  };
}
