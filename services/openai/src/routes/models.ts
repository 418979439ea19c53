import type { FastifyInstance } from "fastify";
import type { Models, ServedModel } from "../models.js";

export function modelRoutes(app: FastifyInstance, models: Models): void {
  app.get("/models", async () => ({ object: "list", data: models.list().map(shown) }));
  app.get<{ Params: { id: string } }>("/models/:id", async ({ params: { id } }) => shown(models.of(id)));
}

const shown = ({ id, created, opened }: ServedModel) => ({
  id,
  object: "model",
  created,
  owned_by: "model-trainer",
  max_model_len: opened.contextLength,
});
