import { createHash } from "node:crypto";
import { AppError } from "@trainer/platform";
import { AwsClient } from "aws4fetch";
import { elementsOf, textOf } from "./xml.js";

export interface BucketOptions {
  /** http(s)://host[:port], without the bucket. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Retries of a request that the store could not serve. */
  readonly retries?: number;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modified: Date;
}

/** Metadata of an object. */
export interface Description {
  readonly contentType: string;
  readonly createdAt: string;
}

export interface ObjectHead extends Description {
  readonly bytes: number;
}

interface Ask {
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

/** The operations of S3's REST API that the store needs, against one bucket, its name in the path. */
export class Bucket {
  readonly #client: AwsClient;
  /** Its address, without its objects. */
  readonly url: string;

  constructor({ endpoint, region, bucket, accessKeyId, secretAccessKey, sessionToken, retries = 4 }: BucketOptions) {
    const session = sessionToken === undefined ? {} : { sessionToken };
    this.#client = new AwsClient({ accessKeyId, secretAccessKey, region, service: "s3", retries, ...session });
    this.url = `${endpoint.replace(/(?<!\/)\/+$/, "")}/${bucket}`;
  }

  /** Puts an object in one request, with its hash for the store to check. */
  async put(
    key: string,
    body: Uint8Array<ArrayBuffer>,
    description: Description,
    more: Ask["headers"] = {},
  ): Promise<void> {
    const checksum = { "x-amz-checksum-sha256": createHash("sha256").update(body).digest("base64") };
    await this.#ask("PUT", { key, body, headers: { ...headersOf(description), ...checksum, ...more } });
  }

  async head(key: string): Promise<ObjectHead | null> {
    const answer = await this.#ask("HEAD", { key }, [404]);
    if (answer.status === 404) return null;
    const { headers } = answer;
    return {
      bytes: Number(headers.get("content-length")),
      contentType: headers.get("content-type") ?? "application/octet-stream",
      createdAt: headers.get("x-amz-meta-created-at") ?? new Date(String(headers.get("last-modified"))).toISOString(),
    };
  }

  async get(key: string, range: string | null = null): Promise<Response | null> {
    const answer = await this.#ask("GET", { key, headers: range === null ? {} : { range } }, [404]);
    return answer.status === 404 ? null : answer;
  }

  async remove(key: string): Promise<void> {
    await this.#ask("DELETE", { key }, [404]);
  }

  /** @throws AppError unless the bucket is there and may be used */
  async check(): Promise<void> {
    await this.#ask("HEAD", {});
  }

  /** @returns the id of an upload in parts */
  async beginUpload(key: string, description: Description): Promise<string> {
    const answer = await this.#ask("POST", { key, query: { uploads: "" }, headers: headersOf(description) });
    return textOf(await answer.text(), "UploadId");
  }

  /** @returns the part's tag */
  async uploadPart(key: string, uploadId: string, partNumber: number, body: Uint8Array<ArrayBuffer>): Promise<string> {
    const answer = await this.#ask("PUT", { key, body, query: { partNumber: String(partNumber), uploadId } });
    return String(answer.headers.get("etag"));
  }

  /** A part that is a range of another object. @returns the part's tag */
  async copyPart(key: string, uploadId: string, partNumber: number, source: string, range: string): Promise<string> {
    const from = { "x-amz-copy-source": `${new URL(this.url).pathname}/${source}`, "x-amz-copy-source-range": range };
    const answer = await this.#ask("PUT", { key, headers: from, query: { partNumber: String(partNumber), uploadId } });
    return textOf(await answer.text(), "ETag");
  }

  async completeUpload(key: string, uploadId: string, tags: readonly string[]): Promise<void> {
    const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`).join("");
    const body = Buffer.from(`<CompleteMultipartUpload>${parts}</CompleteMultipartUpload>`);
    const text = await (await this.#ask("POST", { key, body, query: { uploadId } })).text();
    if (text.includes("<Error>")) throw refused(200, text); // the status was sent before it failed
  }

  async abortUpload(key: string, uploadId: string): Promise<void> {
    await this.#ask("DELETE", { key, query: { uploadId } }, [404]);
  }

  async *list(prefix = ""): AsyncGenerator<StoredObject> {
    for (let token = "", more = true; more; more = token !== "") {
      const query = {
        "list-type": "2",
        ...(prefix === "" ? {} : { prefix }),
        ...(token === "" ? {} : { "continuation-token": token }),
      };
      const text = await (await this.#ask("GET", { query })).text();
      for (const each of elementsOf(text, "Contents")) {
        const modified = new Date(textOf(each, "LastModified"));
        yield { key: textOf(each, "Key"), bytes: Number(textOf(each, "Size")), modified };
      }
      token = textOf(text, "NextContinuationToken");
    }
  }

  /** Uploads in parts that were begun and neither completed nor aborted. */
  async uploads(): Promise<{ key: string; uploadId: string; begun: Date }[]> {
    const text = await (await this.#ask("GET", { query: { uploads: "" } })).text();
    return elementsOf(text, "Upload").map((each) => ({
      key: textOf(each, "Key"),
      uploadId: textOf(each, "UploadId"),
      begun: new Date(textOf(each, "Initiated")),
    }));
  }

  async #ask(
    method: string,
    { key, query = {}, headers = {}, body }: Ask,
    allowed: readonly number[] = [],
  ): Promise<Response> {
    const path = key === undefined ? "" : `/${key}`;
    const search = new URLSearchParams(query).toString();
    const signed = {
      "x-amz-content-sha256": createHash("sha256")
        .update(body ?? "")
        .digest("hex"),
    };
    const init = { method, headers: { ...headers, ...signed }, ...(body === undefined ? {} : { body }) };
    const answer = await this.#client.fetch(`${this.url}${path}${search && `?${search}`}`, init).catch(unreachable);
    if (answer.ok || allowed.includes(answer.status)) return answer;
    throw refused(answer.status, await answer.text());
  }
}

const headersOf = ({ contentType, createdAt }: Description) => ({
  "content-type": contentType,
  "x-amz-meta-created-at": createdAt,
});

function unreachable(cause: unknown): never {
  throw new AppError("SERVICE_UNAVAILABLE", "the object store cannot be reached", { cause });
}

function refused(status: number, xml: string): AppError {
  const details = `${textOf(xml, "Code")} ${textOf(xml, "Message")}`.trim();
  const cause = new Error(`${status} ${details}`);
  if (status === 507) return new AppError("INSUFFICIENT_STORAGE", "insufficient free space", { cause });
  return new AppError("EXTERNAL_SERVICE_ERROR", `the object store refused a request: ${details || status}`, { cause });
}
