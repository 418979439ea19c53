import { OpenAiModel, OpenAiModelList } from "@trainer/platform";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { ModelEntry, Models } from "../served-model.js";
import { described } from "./described.js";

export function modelRoutes(app: FastifyInstance, models: Models): void {
  app.get("/models", described("The models that there are", OpenAiModelList), async () => ({
    object: "list",
    data: (await models.list()).map(shown),
  }));
  app.get<{ Params: { id: string } }>(
    "/models/:id",
    described("A model", OpenAiModel, { params: z.object({ id: z.string() }) }),
    async ({ params: { id } }) => shown(await models.of(id)),
  );
}

const shown = ({ id, created, contextLength }: ModelEntry): OpenAiModel => ({
  id,
  object: "model",
  created,
  owned_by: "model-trainer",
  ...(contextLength === null ? {} : { max_model_len: contextLength }),
});
