import { Link } from "@tanstack/react-router";
import type { SystemInfo } from "@trainer/platform/browser";
import { duration, timeOf } from "../../parts/figures.js";

export type Job = NonNullable<SystemInfo["jobs"]>[number];

/** What a worker does, before the name of what it does it with. */
const DOES: Readonly<Record<string, string>> = {
  train: "Trains",
  tokenizer: "Learns the tokenizer",
  eval: "Evaluates",
  score: "Scores a text by",
  generate: "Writes by",
  chat: "Chats by",
  encode: "Cuts a text by the tokenizer",
};
const OF_TOKENIZERS = new Set(["tokenizer", "encode"]);

/** A job that is under way, and for how long it has been. */
export function JobLine({ job, now }: { readonly job: Job; readonly now: number }) {
  const { kind, subject, since } = job;
  const isRun = subject !== null && kind in DOES && !OF_TOKENIZERS.has(kind);
  return (
    <li>
      {DOES[kind] ?? kind}{" "}
      {isRun ? (
        <Link to="/runs/$runId" params={{ runId: subject }} dir="auto">
          {subject}
        </Link>
      ) : (
        subject
      )}
      {since !== null && `, for ${duration((now - timeOf(since)) / 1000)}`}
    </li>
  );
}
