import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { matching } from "@trainer/testing";
import { codePoint } from "@trainer/testing/code-points";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, FORM_TYPE, form, sha256, startBank, type Bank } from "./bank.js";

const DIGITS = "0123456789";
const TYPE = "text/plain";
let bank: Bank;
let id = "";
beforeAll(async () => {
  bank = await startBank();
  await bank.upload(DIGITS, TYPE);
  id = sha256(DIGITS);
});
afterAll(() => bank[Symbol.asyncDispose]());

describe("upload", () => {
  test("a file is known by the hash of its content", async () => {
    const { status, json, headers } = await bank.upload("abc", "text/x-corpus; charset=koi8-r");
    expect(status).toBe(201);
    expect(json).toEqual({
      file_id: sha256("abc"),
      size: 3,
      sha256: sha256("abc"),
      content_type: "text/x-corpus; charset=koi8-r",
      created_at: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
    });
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect((await bank.get(`/files/${sha256("abc")}/info`)).json).toEqual(json);
  });

  test("the same content again is 201 again, and what is told of it is new", async () => {
    await bank.upload("again", "text/plain");
    const { status, json } = await bank.upload("again", null);
    expect({ status, json }).toMatchObject({ status: 201, json: { content_type: "application/octet-stream" } });
    expect((await bank.get(`/files/${sha256("again")}/info`)).json).toEqual(json);
  });

  test("it lies on the disk where older versions of the service look for it", async () => {
    await bank.upload("on disk", "text/plain");
    const hash = sha256("on disk");
    const path = `${bank.root}/${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
    expect(readFileSync(`${path}.bin`, "utf8")).toBe("on disk");
    expect(readFileSync(`${path}.meta`, "utf8")).toMatch(
      new RegExp(`^sha256=${hash}\ncontent_type=text/plain\ncreated_at=\\S+\n$`),
    );
  });

  test.each([
    ["no form", { "content-type": "application/json" }, Buffer.from("{}")],
    ["no content type", {}, Buffer.from("x")],
    ["another name", FORM_TYPE, form("abc", TYPE, "document")],
  ])("without the part `file` it is 422: %s", async (_, headers, body) => {
    const { status, json } = await ask(`${bank.url}/files`, { method: "POST", headers, body });
    expect({ status, json }).toMatchObject({ status: 422, json: { code: "INVALID_INPUT" } });
  });

  test("what browsers and fetch send is taken as it is", async () => {
    const data = new FormData();
    data.append("note", "a field before the file");
    data.append("file", new Blob(["from fetch"], { type: "text/markdown" }), 'ünï"code.md');
    data.append("other", new Blob(["a file after it"]));
    const answer = await fetch(`${bank.url}/files`, { method: "POST", body: data });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ file_id: sha256("from fetch"), content_type: "text/markdown" });
  });

  test("names and boundaries may come without quotes or with them, among parts that say nothing", async () => {
    const text = "--b\r\n\r\nno headers\r\n--b\r\nContent-Disposition: form-data; name=file\r\n\r\nplain\r\n--b--";
    const headers = { "content-type": 'multipart/form-data; charset=utf-8; boundary="b"' };
    const answer = await ask(`${bank.url}/files`, { method: "POST", headers, body: Buffer.from(text) });
    expect(answer).toMatchObject({
      status: 201,
      json: { file_id: sha256("plain"), content_type: "application/octet-stream" },
    });
  });

  test("bytes come back as they went in, whatever they are", async () => {
    const delimiterLike = fc.constantFrom("\r\n------a-boundar", "\r\n--", "\r", "\n", "--");
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.array(delimiterLike).map((all) => Buffer.from(all.join(""))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        expect((await bank.upload(content)).json).toMatchObject({ file_id: sha256(content), size: content.length });
        expect((await bank.get(`/files/${sha256(content)}`)).body).toEqual(Buffer.from(content));
      }),
      { numRuns: 50 },
    );
  });
});

describe("download", () => {
  test("GET sends all of it, and text as UTF-8 unless it says otherwise", async () => {
    const { status, headers, body } = await bank.get(`/files/${id}`);
    expect({ status, body: body.toString() }).toEqual({ status: 200, body: DIGITS });
    expect(headers).toMatchObject({
      etag: id,
      "accept-ranges": "bytes",
      "content-length": "10",
      "content-type": "text/plain; charset=utf-8",
    });
    await bank.upload("koi", "text/plain; charset=koi8-r");
    expect((await bank.get(`/files/${sha256("koi")}`)).headers["content-type"]).toBe("text/plain; charset=koi8-r");
    await bank.upload("{}", "application/json");
    expect((await bank.get(`/files/${sha256("{}")}`)).headers["content-type"]).toBe("application/json");
  });

  test("HEAD tells the same without a body, the type as it was given", async () => {
    const { status, headers, body } = await bank.head(`/files/${id}`, { range: "bytes=0-3" });
    expect({ status, length: body.length }).toEqual({ status: 200, length: 0 });
    expect(headers).toMatchObject({
      etag: id,
      "accept-ranges": "bytes",
      "content-length": "10",
      "content-type": "text/plain",
    });
  });

  test("an empty file is a file", async () => {
    expect((await bank.upload("")).json).toMatchObject({ size: 0, file_id: sha256("") });
    const { status, headers, body } = await bank.get(`/files/${sha256("")}`);
    expect({ status, length: body.length }).toEqual({ status: 200, length: 0 });
    expect(headers["content-length"]).toBe("0");
    expect((await bank.get(`/files/${sha256("")}`, { range: "bytes=0-" })).status).toBe(416);
  });

  test("what the client has is not sent again", async () => {
    const given = async (tag: string) => bank.get(`/files/${id}`, { "if-none-match": tag });
    for (const tag of [id, `"${id}"`, `W/"${id}"`, `"other", "${id}"`, "*"]) {
      const { status, headers, body } = await given(tag);
      expect({ status, etag: headers.etag, length: body.length }).toEqual({ status: 304, etag: id, length: 0 });
    }
    expect((await given('"other"')).status).toBe(200);
    expect((await bank.head(`/files/${id}`, { "if-none-match": id })).status).toBe(304);
  });

  test("If-Range gives the part of what is still the same, else the whole", async () => {
    const given = async (tag: string) => bank.get(`/files/${id}`, { range: "bytes=0-3", "if-range": tag });
    expect((await given(id)).status).toBe(206);
    expect((await given(`"${id}"`)).status).toBe(206);
    expect((await given(`"other"`)).body.toString()).toBe(DIGITS);
    expect((await given("Wed, 25 Nov 2026 00:00:00 GMT")).status).toBe(200);
  });

  test.each([
    ["bytes=0-3", "0123", "bytes 0-3/10"],
    ["bytes=4-", "456789", "bytes 4-9/10"],
    ["bytes=5", "56789", "bytes 5-9/10"],
    ["bytes=-", DIGITS, "bytes 0-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", DIGITS, "bytes 0-9/10"],
    ["bytes=7-99999999999999999999", "789", "bytes 7-9/10"],
  ])("%s is 206", async (range, content, contentRange) => {
    const { status, headers, body } = await bank.get(`/files/${id}`, { range });
    expect({ status, body: body.toString() }).toEqual({ status: 206, body: content });
    expect(headers).toMatchObject({
      "content-range": contentRange,
      "content-length": String(content.length),
      "content-type": "text/plain",
    });
  });

  test.each([
    ["bytes=3-1", "unsatisfiable range", "bytes */10"],
    ["bytes=10-", "unsatisfiable range", "bytes */10"],
    ["bytes=-0", "unsatisfiable range", "bytes */10"],
    ["items=0-3", "invalid range", undefined],
    ["bytes=a-b", "invalid range", undefined],
    ["bytes=", "invalid range", undefined],
    ["bytes=0-1,2-3", "multiple ranges not supported", undefined],
  ])("%s is 416", async (range, message, contentRange) => {
    const { status, headers, json } = await bank.get(`/files/${id}`, { range });
    expect(status).toBe(416);
    expect(json).toMatchObject({ code: "RANGE_NOT_SATISFIABLE", message });
    expect(headers["content-range"]).toBe(contentRange);
    expect(headers.etag).toBeUndefined();
  });

  test("any range is the slice of the bytes", async () => {
    const content = Buffer.from(Array.from({ length: 2000 }, (_, i) => i % 251));
    await bank.upload(content);
    const nat = fc.nat({ max: 2500 });
    await fc.assert(
      fc.asyncProperty(fc.option(nat), fc.option(nat), async (from, to) => {
        const { status, headers, body } = await bank.get(`/files/${sha256(content)}`, {
          range: `bytes=${from ?? ""}-${to ?? ""}`,
        });
        const start = from ?? (to === null ? 0 : Math.max(0, 2000 - to));
        const end = from === null ? 2000 : Math.min(2000, (to ?? 2000) + 1);
        const expected =
          start < end
            ? [206, `bytes ${start}-${end - 1}/2000`, content.subarray(start, end)]
            : [416, "bytes */2000", body];
        expect([status, headers["content-range"], body]).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe("ids", () => {
  test("capital letters and spaces do not matter", async () => {
    expect((await bank.get(`/files/${id.toUpperCase()}`)).body.toString()).toBe(DIGITS);
    expect((await bank.get(`/files/%20${id}%20/info`)).json).toMatchObject({ file_id: id });
  });

  test.each(["abc", "zzzz", "%2e%2e%2f%2e%2e", `${"a".repeat(63)}g`, "%00".repeat(4)])("%s is no id", async (text) => {
    expect((await bank.get(`/files/${text}/info`)).json).toMatchObject({
      code: "INVALID_INPUT",
      message: "invalid file_id",
    });
  });

  test.each(["abcd", "a".repeat(63), "a".repeat(64), "a".repeat(5000)])("%# is not there", async (text) => {
    const expected = { status: 404, json: { code: "NOT_FOUND", message: "file not found" } };
    expect(await bank.get(`/files/${text}`)).toMatchObject(expected);
    expect(await bank.get(`/files/${text}/info`)).toMatchObject(expected);
    expect(await bank.head(`/files/${text}`)).toMatchObject({ status: 404 });
    expect(await bank.remove(text)).toMatchObject({ status: 204 });
  });

  test("no path leaves the store: whatever is asked for is a file of it, or refused", async () => {
    writeFileSync(`${bank.root}/secret`, "secret");
    const piece = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "/",
        "\\",
        "%2f",
        "%2e",
        "%00",
        "secret",
        "meta",
        ".bin",
        id,
        id.slice(0, 2),
        "~",
        "C:",
      ),
      fc.string({ unit: codePoint, maxLength: 8 }).map((text) => encodeURIComponent(text.toWellFormed())),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        const { status, body } = await bank.get(`/files/${pieces.join("")}`);
        expect(status === 200 ? body.toString() : status).toBeOneOf([DIGITS, 400, 404, 405]);
        expect(body.toString()).not.toContain("secret");
      }),
      { numRuns: 300 },
    );
    rmSync(`${bank.root}/secret`);
  });
});

describe("delete", () => {
  test("takes away the file and what is told of it; again is no error", async () => {
    await bank.upload("short-lived");
    const hash = sha256("short-lived");
    expect((await bank.remove(hash)).status).toBe(204);
    expect((await bank.get(`/files/${hash}`)).status).toBe(404);
    expect(bank.files().filter((path) => path.includes(hash))).toEqual([]);
    expect((await bank.remove(hash)).status).toBe(204);
  });

  test("again is 404 where the service is told to be strict", async () => {
    await using strict = await startBank({ DELETE_STRICT_404: "true" });
    await strict.upload("x");
    expect((await strict.remove(sha256("x"))).status).toBe(204);
    expect(await strict.remove(sha256("x"))).toMatchObject({ status: 404, json: { code: "NOT_FOUND" } });
  });
});
