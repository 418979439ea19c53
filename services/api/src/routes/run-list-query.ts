import { JobState, RunSort } from "@trainer/platform";
import { z } from "zod";
import type { RunListQuery as Query } from "../services/run-catalogue.js";
import { intParam } from "./query.js";

const MAX_RUNS = 500;
const MAX_TAGS = 20;
const MAX_OFFSET_DIGITS = 8;

const tag = z.string().max(64);

/** Parameters of which any asks for a page of all runs of the home by its offset. */
const ofCatalogue = {
  offset: z
    .string()
    .regex(/^\d+$/, "must be a whole number")
    .max(MAX_OFFSET_DIGITS, `must have at most ${MAX_OFFSET_DIGITS} digits`)
    .transform(Number)
    .optional()
    .meta({ type: "integer", minimum: 0 })
    .describe("How many to leave out before the page."),
  sort: RunSort.optional().describe("Column to sort by: created_at where it is left out."),
  order: z.enum(["asc", "desc"]).optional().describe("desc where it is left out."),
  q: z
    .string()
    .max(200)
    .optional()
    .describe("Only runs whose id, model, corpus or tags have all of these words, in upper or lower case."),
  family: z.string().max(64).optional().describe("Only models of this family."),
  tag: z
    .union([tag.transform((one) => [one]), z.array(tag).max(MAX_TAGS)])
    .optional()
    .describe("Only runs with this tag; given several times: with all of them."),
};
const OfCatalogue = z.object(ofCatalogue);

/** The query of GET /runs. */
export const RunListQuery = z
  .object({
    limit: intParam({ min: 1, max: MAX_RUNS, default: 50 }).describe("How many at most."),
    status: JobState.optional().describe("Only runs in this state."),
    cursor: z
      .string()
      .regex(/^\d{1,16}(\.\d{1,16})?$/, "must be the `next` of a page")
      .optional()
      .describe("The `next` of the page before."),
    ...ofCatalogue,
  })
  .refine(({ cursor, ...query }) => cursor === undefined || !isOfCatalogue(query), {
    path: ["cursor"],
    message: "goes with limit and status alone: with any other parameter a page is asked for by its offset",
  })
  .transform(({ limit, status = null, cursor, ...query }): Query => {
    if (!isOfCatalogue(query))
      return { by: "cursor", limit, status, cursor: cursor === undefined ? null : Number(cursor) };
    const { sort = "created_at", order = "desc", offset = 0, q = "", family = null, tag: tags = [] } = query;
    return { by: "offset", limit, status, sort, order, offset, q, family, tags };
  });

function isOfCatalogue(query: z.output<typeof OfCatalogue>): boolean {
  const { offset, sort, order, q, family, tag: tags } = query;
  return [offset, sort, order, q, family, tags].some((value) => value !== undefined);
}
