import { ModelId, RunId, TokenizerId, UserIdText } from "@trainer/platform";
import type { Slot } from "@trainer/platform/redis";
import { newFailure } from "@trainer/training/files";
import { z } from "zod";
import type { Container } from "../container.js";
import { isAlive } from "../runs/is-alive.js";
import { publish } from "./answers.js";
import { settleFailed } from "./fail-run.js";
import type { UnreadableJob, Work } from "./job.js";

/** Subject of a job; null for names that are missing or malformed. */
const Names = z.object({
  run_id: ModelId.nullable().catch(null),
  tokenizer_id: TokenizerId.nullable().catch(null),
  request_id: z.string().catch(""),
  session_id: z.string().catch(""),
  user_id: UserIdText.catch(0n),
});
type Names = z.output<typeof Names>;

/**
 * Ends what a job was for that cannot be read: a version queued it that took more than this one, or somebody else did.
 * Nobody would do it, and who waits for it would wait for ever.
 */
export async function endUnreadable(
  kind: string,
  work: Work,
  container: Container,
  { message }: UnreadableJob,
): Promise<void> {
  const names = work.data(Names);
  const { tokenizer_id: tokenizerId, request_id: requestId } = names;
  if (tokenizerId !== null && kind === "tokenizer") await endTokenizer(tokenizerId, message, container);
  if (tokenizerId !== null && kind === "encode" && requestId !== "")
    await endSlot(container.results.encoding(tokenizerId, requestId), message, container);
  if (kind === "estimate" && requestId !== "") await endSlot(container.results.estimate(requestId), message, container);
  if (kind === "plan" && requestId !== "") await endSlot(container.results.plan(requestId), message, container);
  if (names.run_id === null) return;
  const runId = RunId.safeParse(names.run_id).data;
  if (kind === "train" && runId !== undefined) await endRun(runId, names.user_id, message, container);
  else await endAnswer(kind, { ...names, run_id: names.run_id }, message, container);
}

async function endTokenizer(id: TokenizerId, message: string, container: Container): Promise<void> {
  const { tokenizers, queuedTokenizers } = container;
  const { status } = await tokenizers.get(id);
  if (status === "queued" || status === "running") await tokenizers.fail(id, message);
  await queuedTokenizers.settle(id);
}

async function endRun(runId: RunId, userId: bigint, message: string, container: Container): Promise<void> {
  const { runs, pace } = container;
  const record = await runs.get(runId).catch(() => null);
  const isOpen = record?.status === "queued" || record?.status === "running";
  if (!isOpen || isAlive(record.heartbeat, await runs.now(), pace)) return; // a live holder has another job for it
  const failure = newFailure("INVALID_INPUT", message);
  const about = { domain: "trainer", job_id: runId, user_id: userId } as const;
  const change = { status: "failed", message, error: message } as const;
  const failed = { type: "trainer.job.failed.v1", ...about, error_kind: "user", message } as const;
  await runs.update(runId, await runs.claim(runId), change, [failed]);
  await settleFailed(container, runId, failure);
}

async function endAnswer(
  kind: string,
  names: Names & { readonly run_id: ModelId },
  message: string,
  container: Container,
): Promise<void> {
  const { results } = container;
  const { run_id: runId, request_id: requestId, session_id: sessionId } = names;
  const end = <T extends { readonly status: string }>(slot: Slot<T>) => endSlot(slot, message, container);
  if (kind === "eval") await end(results.evaluation(runId));
  if (requestId === "") return;
  if (kind === "score") await end(results.score(runId, requestId));
  if (kind === "generate") await end(results.generation(runId, requestId));
  if (kind === "openai") await end(results.openAi(runId, requestId));
  if (kind === "chat") await end(results.chat(runId, sessionId, requestId));
}

async function endSlot<T extends { readonly status: string }>(
  slot: Slot<T>,
  message: string,
  container: Container,
): Promise<void> {
  if ((await slot.get())?.status === "completed") return;
  await slot.set(slot.unfinished("failed", message));
  await publish(container, slot, { type: "failed", message });
}
