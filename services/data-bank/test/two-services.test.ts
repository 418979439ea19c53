import type { Env } from "@trainer/platform";
import { expect, test } from "vitest";
import { scratch, sha256, startBank } from "./bank.js";
import { fakeS3 } from "./fake-s3.js";

/** Where two services keep one stock of files. */
const shared: readonly (readonly [string, () => Promise<AsyncDisposable & { readonly env: Env }>])[] = [
  ["a folder", async () => ({ env: { DATA_ROOT: scratch() }, [Symbol.asyncDispose]: async () => {} })],
  [
    "a bucket",
    async () => {
      const s3 = await fakeS3();
      const { endpoint, bucket, accessKeyId, secretAccessKey } = s3.options;
      const env = {
        S3_ENDPOINT: endpoint,
        S3_BUCKET: bucket,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      };
      return { env, [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose]() };
    },
  ],
];

test.each(shared)("two services over %s have the same files, whole, whichever one is asked", async (_, open) => {
  await using store = await open();
  await using first = await startBank(store.env);
  await using second = await startBank(store.env);
  const texts = Array.from({ length: 24 }, (_, i) => `text ${i} `.repeat(5000 * (i % 4)) + i);
  // Each is sent to both at the same time.
  const uploads = texts.flatMap((text) => [first.upload(text), second.upload(text)]);
  for (const { status } of await Promise.all(uploads)) expect(status).toBe(201);
  for (const text of texts) {
    const id = sha256(text);
    for (const bank of [first, second]) {
      const { status, body } = await bank.get(`/files/${id}`);
      expect([status, sha256(body)]).toEqual([200, id]);
    }
  }
  const [text = ""] = texts;
  const removals = [await first.remove(sha256(text)), await second.remove(sha256(text))];
  for (const { status } of removals) expect(status).toBe(204);
  for (const bank of [first, second]) expect((await bank.get(`/files/${sha256(text)}`)).status).toBe(404);
  expect((await second.upload(text)).status).toBe(201);
  expect((await first.get(`/files/${sha256(text)}`)).body.toString()).toBe(text);
});
