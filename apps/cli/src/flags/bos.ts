import type { BosChoice } from "@trainer/options";
import type { Output } from "../display/output.js";

/** Notes the begin and end tokens of a text, if there are any. */
export function noteBegin(
  { begin, end = [] }: { readonly begin: readonly string[]; readonly end?: readonly string[] },
  bos: BosChoice,
  out: Output,
): void {
  const parts = [
    ...(begin.length > 0 ? [`begins with ${begin.join("")}`] : []),
    ...(end.length > 0 ? [`ends with ${end.join("")}`] : []),
  ];
  if (parts.length === 0) return;
  const why = bos === "auto" ? ", as the tokenizer's template says; --bos no leaves it away" : "";
  out.note(`The text ${parts.join(" and ")}${why}.`);
}
