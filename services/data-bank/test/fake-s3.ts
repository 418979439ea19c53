import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import type { BucketOptions } from "../src/s3/bucket.js";

interface Kept {
  readonly body: Buffer;
  readonly headers: Record<string, string>;
  readonly modified: string;
}

export interface FakeS3Options {
  /** It looks at the checksums that it is sent. */
  readonly checksums?: boolean;
  /** It honours If-None-Match. */
  readonly conditionalWrites?: boolean;
  /** Transforms stored bodies. */
  readonly keep?: (key: string, body: Buffer) => Buffer;
  /** Replaces an answer: a status, or a whole answer. */
  readonly fail?: (method: string, url: URL) => { status: number; body?: string } | null;
}

const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** The part of S3 that the store uses, in memory, two keys a page. */
export async function fakeS3({
  checksums = true,
  conditionalWrites = true,
  keep = (_, body) => body,
  fail = () => null,
}: FakeS3Options = {}) {
  const objects = new Map<string, Kept>();
  const uploads = new Map<
    string,
    { key: string; headers: Record<string, string>; parts: Map<number, Buffer>; begun: string }
  >();
  const hooks = { fail };
  let old = false;
  const now = () => new Date(old ? Date.now() - 2 * 3600_000 : Date.now()).toISOString();

  const describe = ({ headers }: IncomingMessage): Record<string, string> => ({
    "content-type": String(headers["content-type"]),
    ...(headers["x-amz-meta-created-at"] === undefined
      ? {}
      : { "x-amz-meta-created-at": String(headers["x-amz-meta-created-at"]) }),
  });

  function ranged(body: Buffer, range: string | undefined): Buffer {
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
    return start === undefined ? body : body.subarray(Number(start), Number(end) + 1);
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(String(req.url), "http://fake");
    const key = decodeURIComponent(url.pathname).replace(/^\/bucket\/?/, "");
    const query = url.searchParams;
    const body = await buffer(req);
    const say = (status: number, text = "", headers: Record<string, string> = {}) =>
      void res.writeHead(status, headers).end(text);
    const failure = hooks.fail(String(req.method), url);
    if (failure !== null) return say(failure.status, failure.body);
    const sent = req.headers["x-amz-checksum-sha256"];
    if (checksums && sent !== undefined && sent !== createHash("sha256").update(body).digest("base64"))
      return say(400, "<Error><Code>BadDigest</Code><Message>not &lt;the&gt; checksum</Message></Error>");
    const object = objects.get(key);
    const upload = uploads.get(query.get("uploadId") ?? "");
    switch (`${req.method} ${[...query.keys()].sort().join(" ")}`.trim()) {
      case "HEAD":
      case "GET": {
        if (key === "") return say(200);
        if (object === undefined) return say(404);
        const part = ranged(object.body, req.headers.range);
        res.writeHead(200, {
          ...object.headers,
          "content-length": part.length,
          "last-modified": new Date(object.modified).toUTCString(),
        });
        return void res.end(req.method === "HEAD" ? undefined : part);
      }
      case "PUT":
        if (conditionalWrites && req.headers["if-none-match"] === "*" && object !== undefined) return say(412);
        objects.set(key, { body: keep(key, body), headers: describe(req), modified: now() });
        return say(200);
      case "DELETE":
        objects.delete(key);
        return say(204);
      case "POST uploads": {
        const id = randomUUID();
        uploads.set(id, { key, headers: describe(req), parts: new Map(), begun: now() });
        return say(200, `<R><UploadId>${id}</UploadId></R>`);
      }
      case "PUT partNumber uploadId": {
        const source = String(req.headers["x-amz-copy-source"] ?? "").replace("/bucket/", "");
        const range = String(req.headers["x-amz-copy-source-range"]);
        const part = source === "" ? body : ranged(objects.get(source)?.body ?? Buffer.alloc(0), range);
        upload?.parts.set(Number(query.get("partNumber")), part);
        return say(200, '<R><ETag>"copied"</ETag></R>', { etag: '"sent"' });
      }
      case "POST uploadId": {
        if (upload === undefined) return say(404);
        uploads.delete(String(query.get("uploadId")));
        const parts = [...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part);
        objects.set(upload.key, {
          body: keep(upload.key, Buffer.concat(parts)),
          headers: upload.headers,
          modified: now(),
        });
        return say(200, "<R></R>");
      }
      case "DELETE uploadId":
        uploads.delete(String(query.get("uploadId")));
        return say(204);
      case "GET uploads":
        return say(
          200,
          [...uploads]
            .map(
              ([id, { key, begun }]) =>
                `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun}</Initiated></Upload>`,
            )
            .join(""),
        );
      default: {
        const keys = [...objects.keys()].filter((key) => key.startsWith(query.get("prefix") ?? "")).sort();
        const from = Number(query.get("continuation-token") ?? 0);
        const page = keys
          .slice(from, from + 2)
          .map(
            (each) =>
              `<Contents><Key>${escape(each)}</Key><Size>${objects.get(each)?.body.length}</Size><LastModified>${objects.get(each)?.modified}</LastModified></Contents>`,
          );
        const next = from + 2 < keys.length ? `<NextContinuationToken>${from + 2}</NextContinuationToken>` : "";
        return say(200, `<L>${page.join("\n")}${next}</L>`);
      }
    }
  }

  const server = createServer((req, res) => void answer(req, res)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const options: BucketOptions = {
    endpoint: `http://127.0.0.1:${port}/`,
    region: "us-east-1",
    bucket: "bucket",
    accessKeyId: "id",
    secretAccessKey: "secret",
    retries: 1,
  };
  return {
    options,
    objects,
    uploads,
    hooks,
    /** From now on stored objects look two hours old. */
    backdate: () => void (old = true),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
