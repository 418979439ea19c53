import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { dataBankConfig } from "../src/config.js";
import { inspectStore, openStore } from "../src/open-store.js";
import { Bucket } from "../src/s3/bucket.js";
import { S3Store } from "../src/s3/s3-store.js";
import { scrubBucket } from "../src/s3/scrub.js";
import { sha256, startBank } from "./bank.js";
import { fakeS3 } from "./fake-s3.js";

const put = (store: S3Store, content: string | Buffer) =>
  store.put(Readable.from([Buffer.from(content)]), "text/plain", 0);
const description = { contentType: "text/plain", createdAt: "now" };
const LARGE = Buffer.alloc(9 << 20, 7);
/** A second chunk makes it two parts. */
const putLarge = (store: S3Store) => store.put(Readable.from([LARGE, Buffer.from("end")]), "text/plain", 0);

test.each([
  [true, true],
  [false, false],
])("it asks the store what it can do: checksums %s, conditional writes %s", async (checksums, conditionalWrites) => {
  await using s3 = await fakeS3({ checksums, conditionalWrites });
  const store = await S3Store.open(s3.options);
  expect(store.abilities).toEqual({ checksums, conditionalWrites });
  expect(s3.objects.size).toBe(0);
  expect((await put(store, "x")).file_id).toBe(sha256("x"));
});

test("a store that ignores checksums and keeps something else is found out", async () => {
  const spoil = (key: string, body: Buffer) =>
    key.startsWith("files/") ? Buffer.concat([body, Buffer.from("?")]) : body;
  await using s3 = await fakeS3({ checksums: false, keep: spoil });
  const store = await S3Store.open(s3.options);
  const refused = { code: "EXTERNAL_SERVICE_ERROR", message: "the object store did not keep what was sent" };
  await expect(put(store, "x")).rejects.toMatchObject(refused);
  await expect(putLarge(store)).rejects.toMatchObject(refused);
  expect(s3.objects.size).toBe(0);
});

test("a bucket that cannot be used is told at start", async () => {
  await using s3 = await fakeS3({
    fail: () => ({ status: 403, body: "<Error><Code>AccessDenied</Code><Message>no &amp; never</Message></Error>" }),
  });
  await expect(S3Store.open(s3.options)).rejects.toThrow("the object store refused a request: AccessDenied no & never");
  const gone = { ...s3.options, endpoint: "http://127.0.0.1:1" };
  await expect(S3Store.open(gone)).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
});

test("a store that goes while it is asked what it can do is no refusal", async () => {
  let requests = 0;
  await using s3 = await fakeS3({ fail: () => (++requests > 1 ? { status: 507 } : null) });
  await expect(S3Store.open(s3.options)).rejects.toMatchObject({ code: "INSUFFICIENT_STORAGE" });
});

test.each([
  ["a part cannot be sent", (method: string, url: URL) => method === "PUT" && url.searchParams.has("partNumber"), 503],
  ["it cannot be completed", (method: string, url: URL) => method === "POST" && url.searchParams.has("uploadId"), 500],
  [
    "its completion fails late",
    (method: string, url: URL) => method === "POST" && url.searchParams.has("uploadId"),
    200,
  ],
])("an upload of which %s leaves nothing", async (_, wanted, status) => {
  await using s3 = await fakeS3();
  const store = await S3Store.open(s3.options);
  s3.hooks.fail = (method, url) => (wanted(method, url) ? { status, body: "<Error><Code>Slow</Code></Error>" } : null);
  await expect(putLarge(store)).rejects.toMatchObject({ code: "EXTERNAL_SERVICE_ERROR" });
  expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0]);
});

test("an upload that cannot be copied to its place leaves nothing", async () => {
  await using s3 = await fakeS3();
  const store = await S3Store.open(s3.options);
  let completed = false;
  s3.hooks.fail = (method, url) => {
    if (method === "POST" && url.searchParams.has("uploadId")) completed = true;
    return completed && url.searchParams.has("partNumber") ? { status: 500 } : null;
  };
  await expect(putLarge(store)).rejects.toThrow("the object store refused a request: 500");
  expect([s3.objects.size, s3.uploads.size]).toEqual([0, 0]);
});

test("trouble is told", async () => {
  await using s3 = await fakeS3();
  const store = await S3Store.open(s3.options);
  s3.hooks.fail = () => ({ status: 403 });
  expect(await store.trouble()).toBe("storage not writable");
});

test("what others put into the bucket has a date and a type all the same", async () => {
  await using s3 = await fakeS3();
  const store = await S3Store.open(s3.options);
  const id = sha256("by hand");
  s3.objects.set(`files/${id}`, { body: Buffer.from("by hand"), headers: {}, modified: "2026-11-25T00:00:00Z" });
  expect(await store.info(id)).toEqual({
    file_id: id,
    sha256: id,
    size: 7,
    content_type: "application/octet-stream",
    created_at: "2026-11-25T00:00:00.000Z",
  });
});

test("scrub finds uploads that were cut off, and what is not its own", async () => {
  await using s3 = await fakeS3();
  const bucket = new Bucket(s3.options);
  const store = await S3Store.open(s3.options);
  await put(store, "well");
  const { file_id: id } = await put(store, "emptied");
  await bucket.put(`files/${id}`, Buffer.alloc(0), description);
  await bucket.beginUpload("uploads/new", description);
  await bucket.put("uploads/young", Buffer.from("half"), description);
  s3.backdate();
  await bucket.put("uploads/old", Buffer.from("half"), description);
  await bucket.beginUpload("uploads/begun", description);
  await bucket.put("notes & <more>.txt", Buffer.from("x"), description);
  const findings = async (repair: boolean) => {
    const found: string[] = [];
    for await (const event of scrubBucket(bucket, { repair }))
      found.push(
        event.type === "finding" ? `${event.kind} ${event.path} ${event.repaired}` : `${event.files} ${event.bytes}`,
      );
    return found.sort();
  };
  expect(await findings(false)).toEqual(
    [
      "1 0",
      "2 4",
      `damaged files/${id} null`,
      "foreign notes & <more>.txt null",
      "half-written uploads/begun null",
      "half-written uploads/old null",
    ].sort(),
  );
  expect((await findings(true)).filter((line) => !/^\d/.test(line))).toEqual([
    `damaged files/${id} moved to quarantine/files.${id}`,
    "foreign notes & <more>.txt null",
    "half-written uploads/begun given up",
    "half-written uploads/old removed",
  ]);
  expect(await findings(false)).toEqual(["1 4", "foreign notes & <more>.txt null"]);
});

test("what uploads left in a bucket goes when it is old, files and what is under way stay", async () => {
  await using s3 = await fakeS3();
  const bucket = new Bucket(s3.options);
  const store = await S3Store.open(s3.options);
  await bucket.put("uploads/young", Buffer.from("half"), description);
  await bucket.beginUpload("uploads/new", description);
  s3.backdate();
  await put(store, "well");
  await bucket.put("uploads/old", Buffer.from("half"), description);
  await bucket.beginUpload("uploads/begun", description);
  await bucket.beginUpload("others/begun", description);
  expect(await store.removeCutOff(new Date(Date.now() - 60_000))).toBe(2);
  const keys: string[] = [];
  for await (const { key } of bucket.list()) keys.push(key.replace(/^files.*/, "file"));
  expect(keys.toSorted()).toEqual(["file", "uploads/young"]);
  expect((await bucket.uploads()).map(({ key }) => key).toSorted()).toEqual(["others/begun", "uploads/new"]);
});

test("a file that is removed while scrub looks is no finding", async () => {
  await using s3 = await fakeS3();
  const store = await S3Store.open(s3.options);
  await put(store, "first");
  await put(store, "second");
  const seen: string[] = [];
  for await (const event of store.scrub({ repair: true })) {
    seen.push(event.type);
    s3.objects.clear();
  }
  expect(seen).toEqual(["progress", "progress"]);
});

const envOf = (endpoint: string) => ({
  S3_BUCKET: "bucket",
  S3_ENDPOINT: endpoint,
  AWS_ACCESS_KEY_ID: "id",
  AWS_SECRET_ACCESS_KEY: "secret",
});

test("the service on a bucket does what it does on a disk", async () => {
  await using s3 = await fakeS3();
  await using bank = await startBank(envOf(s3.options.endpoint));
  expect((await bank.upload("0123456789", "text/plain")).status).toBe(201);
  const id = sha256("0123456789");
  const { status, headers, body } = await bank.get(`/files/${id}`, { range: "bytes=-3" });
  expect({ status, text: body.toString(), range: headers["content-range"] }).toEqual({
    status: 206,
    text: "789",
    range: "bytes 7-9/10",
  });
  expect((await bank.get("/readyz")).status).toBe(200);
  expect((await bank.remove(id)).status).toBe(204);
  expect((await bank.get(`/files/${id}`)).status).toBe(404);
});

test("where the store is, and what it can do, is told", async () => {
  await using able = await fakeS3();
  await using unable = await fakeS3({ checksums: false, conditionalWrites: false });
  const placeOf = async (endpoint: string) => (await openStore(dataBankConfig(envOf(endpoint)))).place;
  expect(await placeOf(able.options.endpoint)).toContain(
    "bucket (checksums checked by it, conditional writes honoured)",
  );
  expect(await placeOf(unable.options.endpoint)).toContain(
    "(checksums ignored, so read back, conditional writes ignored)",
  );
  const found: string[] = [];
  const store = await inspectStore(dataBankConfig(envOf(able.options.endpoint)));
  expect(store.place).toBe(`${able.options.endpoint}bucket`);
  for await (const event of store.scrub({ repair: false })) found.push(event.type);
  expect(found).toEqual([]);
});

test("a bucket needs credentials, and stands at Amazon's unless told", () => {
  expect(() => dataBankConfig({ S3_BUCKET: "b" })).toThrow(
    "S3_BUCKET: needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY too",
  );
  const { s3 } = dataBankConfig({
    S3_BUCKET: "b",
    AWS_ACCESS_KEY_ID: "i",
    AWS_SECRET_ACCESS_KEY: "s",
    AWS_SESSION_TOKEN: "t",
    AWS_REGION: "eu-central-1",
  });
  expect(s3).toMatchObject({
    endpoint: "https://s3.eu-central-1.amazonaws.com",
    region: "eu-central-1",
    sessionToken: "t",
  });
  expect(
    new Bucket({
      ...s3,
      bucket: "b",
      endpoint: "http://x",
      region: "r",
      accessKeyId: "i",
      secretAccessKey: "s",
      sessionToken: "t",
    }),
  ).toBeInstanceOf(Bucket);
});
