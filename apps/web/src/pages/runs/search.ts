import { JobState, RunSort } from "@trainer/platform/browser";
import { z } from "zod";
import type { RunsAsked } from "../../api/runs.js";

/** Runs on a page. */
export const LIMIT = 50;

/** A text in the address: one that looks like a number arrives as one. */
const text = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

const Tags = z
  .union([z.array(z.string()), z.string().transform((tag) => [tag])])
  .optional()
  .catch(undefined);

/** What of the runs is shown, and how, as it stands in the address. What is left out is as `asked` has it. */
export const RunsSearch = z.object({
  status: JobState.optional().catch(undefined),
  family: text,
  /** Runs have all of them. */
  tag: Tags,
  q: text,
  sort: RunSort.optional().catch(undefined),
  order: z.enum(["asc", "desc"]).optional().catch(undefined),
  /** From 1. */
  page: z.int().min(1).optional().catch(undefined),
});
export type RunsSearch = z.output<typeof RunsSearch>;

/** What the service is asked for a view. */
export const asked = ({ page = 1, sort = "created_at", order = "desc", ...filters }: RunsSearch): RunsAsked => ({
  ...filters,
  sort,
  order,
  offset: (page - 1) * LIMIT,
  limit: LIMIT,
});

/** True if the view leaves runs out. */
export const isFiltered = ({ status, family, tag = [], q = "" }: RunsSearch): boolean =>
  status !== undefined || family !== undefined || tag.length > 0 || q !== "";

/** Columns that people read from their least: a name from A, a loss from the best. */
const ascending: ReadonlySet<RunSort> = new Set([
  "run_id",
  "status",
  "model",
  "corpus",
  "tokenizer_id",
  "val_loss",
  "bits_per_byte",
]);

/** The view after a column's head was pressed: sorted by it, and the other way round if it was so already. */
export function sortedBy(view: RunsSearch, sort: RunSort): RunsSearch {
  const first = ascending.has(sort) ? "asc" : "desc";
  const { sort: before = "created_at", order = "desc" } = view;
  return { ...view, sort, order: before !== sort ? first : order === "asc" ? "desc" : "asc", page: undefined };
}
