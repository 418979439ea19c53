import type { CompletionRequest } from "@trainer/platform";

/** The prompts of a request, one at least: ids that stand alone are one. */
export function listed(prompt: CompletionRequest["prompt"]): (string | readonly number[])[] {
  if (typeof prompt === "string") return [prompt];
  const ids = prompt.filter((each) => typeof each === "number");
  return ids.length > 0 ? [ids] : prompt.filter((each) => typeof each !== "number");
}
