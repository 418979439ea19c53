import { exportedName, ID_RULE, isId } from "@trainer/disk/ids";
import { z } from "zod";
import { text } from "./fields.js";

const id = text.refine(isId, `must be ${ID_RULE}`);

/** The id of a run: a name, never a path. */
export const RunId = id.brand<"RunId">();
export type RunId = z.output<typeof RunId>;

/** The id of an exported folder of the home, `export~NAME`: no run's, and never a path. */
const ExportId = text.refine((id) => exportedName(id) !== null).brand<"ExportId">();

/** The id of a model that can be asked: a run's, or an exported folder's. */
export const ModelId = z.union([RunId, ExportId]);
export type ModelId = z.output<typeof ModelId>;

/** The id of a tokenizer. */
export const TokenizerId = id.brand<"TokenizerId">();
export type TokenizerId = z.output<typeof TokenizerId>;

/** The same, or blank where none is named. */
export const TokenizerIdOrBlank = z.union([TokenizerId, z.string().trim().length(0)], {
  error: `must be ${ID_RULE}`,
});
