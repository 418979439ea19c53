import { z } from "zod";
import { Capabilities } from "@trainer/platform";
import type { FamilyInfo } from "@trainer/models/capabilities";
import { capabilities } from "../services/capabilities.js";
import type { Artifacts } from "../services/artifacts.js";
import { MISSING, QUERY, UPSTREAM } from "./answers.js";
import { sendArtifact } from "./send-artifact.js";
import type { ZodApp } from "./zod-app.js";

export interface ArtifactDeps {
  readonly artifacts: Artifacts;
  readonly families: ReadonlyMap<string, FamilyInfo>;
}

const kinds = ["models", "tokenizers"] as const;
const Params = z.object({
  kind: z.enum(kinds, { error: "must be one of: models, tokenizers" }),
  id: z.string(),
});

const bytes = z.unknown().meta({ type: "string", format: "binary" });

/** Artifacts, and capabilities. */
export function artifactRoutes(app: ZodApp, { artifacts, families }: ArtifactDeps): void {
  app.get(
    "/artifacts/:kind/:id",
    {
      schema: {
        tags: ["Artifacts"],
        summary: "Download a run as its archive, or a tokenizer as its file",
        params: Params,
        response: {
          200: {
            description: "The file",
            content: {
              "application/gzip": { schema: bytes },
              "application/json": { schema: bytes },
              "application/octet-stream": { schema: bytes },
            },
          },
          ...MISSING,
          ...QUERY,
          ...UPSTREAM,
        },
      },
    },
    async ({ params }, reply) => await sendArtifact(reply, await artifacts.open(params.kind, params.id)),
  );

  app.get(
    "/capabilities",
    {
      schema: {
        tags: ["Service"],
        summary: "Families, sizes, precisions, tokenizer methods: what requests may name",
        response: { 200: Capabilities },
      },
    },
    async () => capabilities(families),
  );
}
