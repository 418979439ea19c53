import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { withoutCredentials } from "@trainer/platform";
import { retrying, type RetryOptions } from "../retry.js";
import { ServiceError } from "../service-error.js";
import { download, type TransferOptions } from "../transfer/download.js";
import { explained } from "./explained.js";
import { follow, type HubRequest } from "./follow.js";
import { commitIn, filesIn, type HubFile, type HubRepository } from "./listing.js";
import { isPacked, unpacked } from "./unpacked.js";

/** The address of the hub that people mean where they name none. */
export const PUBLIC_HUB = "https://huggingface.co";

export interface HubClientOptions extends Partial<Pick<RetryOptions, "retries" | "backoffMs">> {
  readonly url: string;
  /** Sent to `url`, and nowhere else. */
  readonly token?: string | undefined;
  /** Longest silence on a connection; 60 s by default. */
  readonly timeoutMs?: number;
  /** Is told of each wait that the hub asks for. */
  readonly onWait?: (ms: number) => void;
}

/** The most bytes of an answer that lists files, and the most of such answers. */
const LISTING_BYTES = 1 << 24;
const LISTING_PAGES = 100;
/** The most that a hub may ask to wait. */
const LONGEST_WAIT_MS = 900_000;

const part = encodeURIComponent;

/**
 * A hub of models by its HTTP interface: repositories of files, by owner/name and revision.
 * @throws ServiceError everywhere
 */
export class HubClient {
  /** Without credentials. */
  readonly url: string;
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #timeoutMs: number;
  readonly #retry: RetryOptions;

  constructor({ url, token, timeoutMs = 60_000, retries = 5, backoffMs = 1000, onWait = () => {} }: HubClientOptions) {
    this.#url = url.replace(/(?<!\/)\/+$/, "");
    this.url = withoutCredentials(this.#url);
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#retry = { retries, backoffMs, obeys: { longestMs: LONGEST_WAIT_MS, onWait } };
  }

  /** What a repository has at a revision: a branch, a tag or a commit. */
  async repository(name: string, revision: string, signal?: AbortSignal): Promise<HubRepository> {
    return this.#explaining({ name, revision }, async () => {
      const model = `${this.#url}/api/models/${pathOf(name)}`;
      const { value } = await this.#json(`${model}/revision/${part(revision)}`, signal);
      const commit = commitIn(value);
      const files: HubFile[] = [];
      let next: string | null = `${model}/tree/${commit}`;
      for (let page = 0; next !== null; page++) {
        if (page === LISTING_PAGES) throw invalid(`${name} has more files than ${LISTING_PAGES} answers list`);
        const listing: Answered = await this.#json(next, signal);
        files.push(...filesIn(listing.value));
        next = this.#nextPage(next, listing.link);
      }
      return { name, revision, commit, files };
    });
  }

  /**
   * Downloads a file to `path`, where it appears whole and with the hash of the listing, or not at all. What has come is
   * kept beside it; the next call resumes it.
   */
  async download(
    { name, revision, commit }: HubRepository,
    file: HubFile,
    path: string,
    options: TransferOptions = {},
  ): Promise<void> {
    const { signal } = options;
    const url = `${this.#url}/${pathOf(name)}/resolve/${commit}/${part(file.name)}`;
    let etag: string | undefined; // of what has come so far in this call
    const onHead = (headers: IncomingHttpHeaders) => {
      const other = otherThan(file, commit, headers);
      if (other !== null) throw invalid(`${name}: ${file.name} is another file than was listed: ${other}`);
    };
    const get = async (from: number) => {
      const range = from === 0 ? {} : { range: `bytes=${from}-`, ...(etag === undefined ? {} : { "if-range": etag }) };
      const answer = await this.#get(url, { signal, onHead, headers: range });
      if (answer.statusCode === 206 && isPacked(answer)) {
        answer.destroy(); // a part of something packed is of no use
        return { isRest: false, bytes: unpacked(await this.#get(url, { signal, onHead })) };
      }
      etag = answer.headers.etag?.startsWith('"') ? answer.headers.etag : undefined;
      return { isRest: answer.statusCode === 206, bytes: unpacked(answer) };
    };
    const source = { service: "hub", retry: this.#retry, get } as const;
    await this.#explaining({ name, revision }, () =>
      download({ ...file, name: `${file.name} of ${name}` }, path, source, options),
    );
  }

  /** The page that a listing goes on with, which is the hub's own. */
  #nextPage(from: string, link: string): string | null {
    const [, next] = /<([^<>]*)>\s*;\s*rel="next"/.exec(link) ?? [];
    if (next === undefined) return null;
    const url = URL.canParse(next, from) ? new URL(next, from) : null;
    if (url?.origin === new URL(this.#url).origin) return url.href;
    throw invalid(`its list of files goes on at ${next.slice(0, 300)}, which is another host`);
  }

  async #json(url: string, signal: AbortSignal | undefined): Promise<Answered> {
    return retrying(this.#retry, signal, async () => {
      const answer = await this.#get(url, { signal });
      const text = await textOf(answer);
      const link = [answer.headers["link"]].flat().join();
      try {
        const value: unknown = JSON.parse(text);
        return { value, link };
      } catch (error) {
        throw invalid(`what ${withoutCredentials(url)} sends is no JSON: is it the address of a hub?`, error);
      }
    });
  }

  #get(
    url: string,
    { headers = {}, ...request }: Partial<HubRequest> & Pick<HubRequest, "signal">,
  ): Promise<IncomingMessage> {
    const token: Record<string, string> = this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` };
    return follow(url, {
      headers: { "accept-encoding": "identity", ...token, ...headers },
      timeoutMs: this.#timeoutMs,
      ...request,
    });
  }

  async #explaining<T>(
    asked: { readonly name: string; readonly revision: string },
    body: () => Promise<T>,
  ): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw explained(error, { ...asked, hub: this.url, hasToken: this.#token !== undefined });
    }
  }
}

interface Answered {
  readonly value: unknown;
  readonly link: string;
}

const pathOf = (name: string): string => name.split("/").map(part).join("/");

async function textOf(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of unpacked(answer)) {
    bytes += piece.length;
    if (bytes > LISTING_BYTES) throw invalid(`it has more than ${LISTING_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** What a hub says of a file that is not as it was listed; null where it agrees, or does not say. */
function otherThan({ size, hash }: HubFile, commit: string, headers: IncomingHttpHeaders): string | null {
  const said = (name: string) => [headers[name]].flat()[0];
  const linked = said("x-linked-etag") ?? said("etag") ?? "";
  const [tag = ""] = /[0-9a-f]{40,64}/.exec(linked) ?? [];
  if (tag.length === hash.hex.length && tag !== hash.hex) return `its hash is ${tag}, not ${hash.hex}`;
  const bytes = said("x-linked-size");
  if (bytes !== undefined && bytes !== String(size)) return `it has ${bytes} bytes, not ${size}`;
  const of = said("x-repo-commit");
  return of === undefined || of === commit ? null : `it is of the commit ${of}, not ${commit}`;
}

const invalid = (what: string, cause?: unknown) => new ServiceError("INVALID_ANSWER", what, { cause, service: "hub" });
