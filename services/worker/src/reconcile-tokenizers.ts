import { jobData } from "@trainer/platform";
import type { Container } from "./container.js";

/** Queues tokenizers again that Redis has forgotten, or that have no job: one that is there stays as it is. */
export async function queueTokenizers({ queue, tokenizers, queuedTokenizers }: Container): Promise<string[]> {
  const restored: string[] = [];
  for (const { tokenizerId, createdAt, request } of await queuedTokenizers.all()) {
    const { status } = await tokenizers.get(tokenizerId);
    if (status === "running") continue; // its job stays in the queue until it has ended
    if (status === "completed" || status === "failed") {
      await queuedTokenizers.settle(tokenizerId); // its worker ended before it could
      continue;
    }
    if (status === "unknown") {
      await tokenizers.create(tokenizerId, createdAt);
      restored.push(tokenizerId);
    }
    const about = { jobId: tokenizerId, timestamp: createdAt, removeOnComplete: true, removeOnFail: true };
    await queue.add("tokenizer", jobData({ tokenizer_id: tokenizerId, request }), about);
  }
  return restored;
}
