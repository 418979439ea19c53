import { documents, TrainOptions } from "@trainer/options";
import { CorpusList, CorpusRemoved, CorpusReport, CorpusUpload } from "@trainer/platform";
import { z } from "zod";
import type { Corpora } from "../services/corpora.js";
import type { CorpusUploads } from "../services/corpus-uploads.js";
import { BODY, CONTRADICTED, MISSING, QUERY, STORAGE } from "./answers.js";
import { boolParam, intParam } from "./query.js";
import type { ZodApp } from "./zod-app.js";

export interface CorpusDeps {
  readonly corpora: Corpora;
  readonly uploads: CorpusUploads;
}

/** The most bytes of a piece. */
const PIECE_BYTES = 8 << 20;

const Params = z.object({ name: z.string() });
const bytes = (description: string) =>
  z
    .string({ error: "is required" })
    .regex(/^\d{1,15}$/, "must be a number of bytes")
    .transform(Number)
    .meta({ type: "integer", description });
const Piece = z.object({
  offset: bytes("Where the piece begins; the pieces come in order."),
  total: bytes("Bytes of the whole text.").refine((total) => total > 0, "must be >= 1"),
  replace: boolParam(false).describe("Let another text of that name give way."),
});
const Reading = z.object({
  document: z
    .enum(documents, `must be one of: ${documents.join(", ")}`)
    .default(TrainOptions.shape.document.def.defaultValue)
    .describe("What a document is."),
  document_separator: TrainOptions.shape.documentSeparator.describe("The line that ends a document in plain text."),
  text_field: z
    .string()
    .trim()
    .min(1, "must not be empty")
    .optional()
    .describe("The field of records that has the text; left out: the one that looks like it."),
  preview: intParam({ min: 0, max: 100, default: 10 }).describe("How many documents to show at most."),
});

/** Texts to train on. */
export function corpusRoutes(app: ZodApp, { corpora, uploads }: CorpusDeps): void {
  const tags = ["Corpora"];

  app.get(
    "/corpora",
    { schema: { tags, summary: "Texts that trainings may name, by their names", response: { 200: CorpusList } } },
    () => corpora.list(),
  );

  app.get(
    "/corpora/:name",
    {
      schema: {
        tags,
        summary: "What a text is like",
        description: "Of a text of more than 32 MiB its start is read, and `sampled` is true.",
        params: Params,
        querystring: Reading,
        response: { 200: CorpusReport, ...MISSING, ...QUERY },
      },
    },
    ({ params, query: { document, document_separator: separator, text_field: textField, preview: show } }) =>
      corpora.report(params.name, { document, separator, textField, show }),
  );

  app.delete(
    "/corpora/:name",
    {
      schema: {
        tags,
        summary: "Remove a text",
        params: Params,
        response: { 200: CorpusRemoved, ...MISSING, ...CONTRADICTED, ...BODY },
      },
    },
    (req) => corpora.remove(req.params.name),
  );

  app.get(
    "/corpora/:name/upload",
    {
      schema: {
        tags,
        summary: "How much of a text has come",
        params: Params,
        response: { 200: CorpusUpload, ...MISSING, ...QUERY },
      },
    },
    (req) => uploads.progress(req.params.name),
  );

  app.delete(
    "/corpora/:name/upload",
    {
      schema: {
        tags,
        summary: "Give up the sending of a text",
        params: Params,
        response: { 200: CorpusUpload, ...MISSING, ...CONTRADICTED, ...BODY },
      },
    },
    (req) => uploads.abandon(req.params.name),
  );

  void app.register(async (scope: ZodApp) => {
    takeBytes(scope);
    scope.put(
      "/corpora/:name",
      {
        bodyLimit: PIECE_BYTES,
        schema: {
          tags,
          summary: "Send a piece of a text",
          description:
            "The body is the piece's bytes as they are, 8 MiB at most. The pieces come in order; where one is refused for " +
            "its offset (409), `Upload-Offset` says where to go on. The text is there when its last piece has come. " +
            "Pieces that nobody goes on with are removed after a day.",
          params: Params,
          querystring: Piece,
          consumes: ["application/octet-stream"],
          body: z.unknown().meta({ type: "string", format: "binary" }),
          response: { 200: CorpusUpload, ...MISSING, ...CONTRADICTED, ...BODY, ...STORAGE },
        },
      },
      async ({ params: { name }, query, body }) => {
        if (query.replace) await corpora.assertUnneeded(name);
        return await uploads.put(name, { ...query, bytes: z.instanceof(Buffer).parse(body) });
      },
    );
  });
}

/** Bodies are bytes, whatever they hold: above, every request is given the content type of JSON. */
function takeBytes(scope: ZodApp): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_: unknown, body: unknown) => body);
}
