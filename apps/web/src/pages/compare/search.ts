import { z } from "zod";
import { CurvesView } from "../../parts/curves-view/view.js";

/** How many runs are compared at most. */
export const MOST = 20;

/** Ids with commas between them, as links to this page have them; one that looks like a number arrives as one. */
const Ids = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** Which runs are compared, and what of them is shown, as it stands in the address. */
export const CompareSearch = CurvesView.extend({
  runs: Ids,
  /** Those whose curves are left out. */
  hidden: Ids,
  /** Those whose curves stand before the others. */
  pinned: Ids,
  /** Settings that are the same everywhere are shown too. */
  all: z.boolean().optional().catch(undefined),
});
export type CompareSearch = z.output<typeof CompareSearch>;

export const idsOf = (text = ""): string[] => [
  ...new Set(
    text
      .split(",")
      .map((id) => id.trim())
      .filter(Boolean),
  ),
];

export const textOf = (ids: readonly string[]): string | undefined => (ids.length === 0 ? undefined : ids.join(","));

/** A list with one id more, or without it if it had it. */
export const toggled = (text: string | undefined, id: string): string | undefined => {
  const ids = idsOf(text);
  return textOf(ids.includes(id) ? ids.filter((each) => each !== id) : [...ids, id]);
};
