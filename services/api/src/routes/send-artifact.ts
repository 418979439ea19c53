import type { FastifyReply } from "fastify";
import type { Artifact } from "../services/artifacts.js";

/** Sends a file for a client to keep; with its size, where that is known, one that breaks off is no whole file to anybody. */
export async function sendArtifact(reply: FastifyReply, artifact: Artifact): Promise<FastifyReply> {
  const { name, contentType, content, bytes } = artifact;
  if (bytes !== null) reply.header("content-length", bytes);
  return await reply
    .headers({ "content-type": contentType, "content-disposition": `attachment; filename="${name}"` })
    .send(content);
}
