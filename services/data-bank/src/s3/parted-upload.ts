import type { Bucket, Description } from "./bucket.js";

/** An object that is put together of parts; nothing of it is visible before it is complete. */
export class PartedUpload {
  #id: string | null = null;
  readonly #tags: string[] = [];

  constructor(
    private readonly bucket: Bucket,
    readonly key: string,
    private readonly description: Description,
  ) {}

  get begun(): boolean {
    return this.#id !== null;
  }

  async add(body: Uint8Array<ArrayBuffer>): Promise<void> {
    const id = await this.#begin();
    this.#tags.push(await this.bucket.uploadPart(this.key, id, this.#tags.length + 1, body));
  }

  /** @param end the last byte of `source` that is copied */
  async addCopy(source: string, start: number, end: number): Promise<void> {
    const id = await this.#begin();
    this.#tags.push(await this.bucket.copyPart(this.key, id, this.#tags.length + 1, source, `bytes=${start}-${end}`));
  }

  async complete(): Promise<void> {
    await this.bucket.completeUpload(this.key, await this.#begin(), this.#tags);
    this.#id = null;
  }

  /** Gives up, if there is anything to give up. */
  async abort(): Promise<void> {
    if (this.#id !== null) await this.bucket.abortUpload(this.key, this.#id);
  }

  async #begin(): Promise<string> {
    this.#id ??= await this.bucket.beginUpload(this.key, this.description);
    return this.#id;
  }
}
