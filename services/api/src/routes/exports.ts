import { ExportedModelList, ExportList } from "@trainer/platform";
import { z } from "zod";
import type { Exports } from "../services/exports.js";
import { CONTRADICTED, MISSING, QUERY, STORAGE, UPSTREAM } from "./answers.js";
import { boolParam } from "./query.js";
import { RunParams } from "./runs.js";
import { sendArtifact } from "./send-artifact.js";
import type { ZodApp } from "./zod-app.js";

export interface ExportDeps {
  readonly exports: Exports;
}

const Query = z.object({
  adapter: boolParam(false).describe("The run's LoRA adapter alone, in PEFT's format, in place of the model."),
  list: boolParam(false).describe("What the archive would hold, in place of it."),
});
const bytes = z.unknown().meta({ type: "string", format: "binary" });

/** Models for other programs. */
export function exportRoutes(app: ZodApp, { exports }: ExportDeps): void {
  app.get(
    "/exports",
    {
      schema: {
        tags: ["Use"],
        summary: "The models in the home's folder of exports",
        description: "Folders in Hugging Face's layout; each is asked by its id in the place of a run's.",
        response: { 200: ExportedModelList },
      },
    },
    () => exports.models(),
  );

  app.get(
    "/runs/:run_id/export",
    {
      schema: {
        tags: ["Artifacts"],
        summary: "Download a completed run's model in Hugging Face's layout",
        description:
          "A tar of the folder that transformers and most other tools load, made as it is sent. A run that was cleaned away is brought back first.",
        params: RunParams,
        querystring: Query,
        response: {
          200: {
            description: "The archive, or with `list` its files",
            content: { "application/x-tar": { schema: bytes }, "application/json": { schema: ExportList } },
          },
          ...MISSING,
          ...CONTRADICTED,
          ...QUERY,
          ...UPSTREAM,
          ...STORAGE,
        },
      },
    },
    async ({ params: { run_id: runId }, query: { adapter, list } }, reply) =>
      list
        ? await reply.type("application/json").send(await exports.list(runId, { adapter }))
        : await sendArtifact(reply, await exports.download(runId, { adapter })),
  );
}
