import { EvaluationHistory, RunFileList, SampleList, TensorTable } from "@trainer/platform";
import { headerOf, parseRange } from "@trainer/platform/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { EvaluationHistories } from "../services/evaluation-history.js";
import type { OpenFile, RunFolderFiles } from "../services/run-folder-files.js";
import { MISSING, QUERY, RANGE } from "./answers.js";
import { boolParam } from "./query.js";
import { RunParams } from "./runs.js";
import type { ZodApp } from "./zod-app.js";

export interface RunFileDeps {
  readonly folderFiles: RunFolderFiles;
  readonly histories: EvaluationHistories;
}

const FileParams = RunParams.extend({ "*": z.string().describe("Path of a file in the run's folder.") });
const FileQuery = z.object({
  header: boolParam(false).describe(
    "Of a safetensors file: its tensors' names, types and shapes in place of its bytes.",
  ),
});
const bytes = z.unknown().meta({ type: "string", format: "binary" });
const file = (description: string) => ({
  description,
  content: { "application/octet-stream": { schema: bytes }, "application/json": { schema: TensorTable } },
});

/** What lies in the folders of runs. */
export function runFileRoutes(app: ZodApp, { folderFiles, histories }: RunFileDeps): void {
  const tags = ["Files"];

  app.get(
    "/runs/:run_id/files",
    {
      schema: {
        tags,
        summary: "The files of a run",
        description: "None of a run that was cleaned away or has not begun.",
        params: RunParams,
        response: { 200: RunFileList, ...MISSING },
      },
    },
    (req) => folderFiles.list(req.params.run_id),
  );

  app.get(
    "/runs/:run_id/files/*",
    {
      schema: {
        tags,
        summary: "Download a file of a run",
        description: "Or a part of it, by one Range.",
        params: FileParams,
        querystring: FileQuery,
        response: {
          200: file("The file, or with `header` its tensors"),
          206: { description: "A part of the file", content: { "application/octet-stream": { schema: bytes } } },
          ...MISSING,
          ...QUERY,
          ...RANGE,
        },
      },
    },
    async (req, reply) => {
      const { run_id: runId, "*": path } = req.params;
      if (req.query.header) return await reply.type("application/json").send(await folderFiles.tensors(runId, path));
      return await sendFile(req, reply, await folderFiles.open(runId, path));
    },
  );

  app.get(
    "/runs/:run_id/evals",
    {
      schema: {
        tags,
        summary: "All evaluations of a run's model, the oldest first",
        params: RunParams,
        response: { 200: EvaluationHistory, ...MISSING },
      },
    },
    (req) => histories.evaluations(req.params.run_id),
  );

  app.get(
    "/runs/:run_id/samples",
    {
      schema: {
        tags,
        summary: "What a run's model wrote when it was evaluated last, and as it was trained",
        params: RunParams,
        response: { 200: SampleList, ...MISSING },
      },
    },
    (req) => histories.samples(req.params.run_id),
  );
}

/** Sends a file to be kept: it is never shown as a page of this host, whatever is in it. */
async function sendFile(req: FastifyRequest, reply: FastifyReply, opened: OpenFile): Promise<FastifyReply> {
  const { file, name, bytes: size, modified } = opened;
  const header = headerOf(req, "range");
  try {
    const range = header === undefined ? { start: 0, end: size - 1 } : parseRange(header, size);
    reply.headers({
      "accept-ranges": "bytes",
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename*=UTF-8''${encoded(name)}`,
      "content-length": range.end - range.start + 1,
      "content-security-policy": "sandbox; default-src 'none'",
      "last-modified": modified.toUTCString(),
      "x-content-type-options": "nosniff",
    });
    if (header !== undefined) reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${size}`);
    if (size > 0) return await reply.send(file.createReadStream(range));
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return await reply.send("");
}

/** A name as RFC 8187 has it. */
const encoded = (name: string): string =>
  encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
