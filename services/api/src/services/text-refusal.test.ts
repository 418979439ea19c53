import { AppError } from "@trainer/platform";
import { expect, test } from "vitest";
import { textRefusal } from "./text-refusal.js";

const refusal = (code: string) => textRefusal(Object.assign(new Error(`${code} of /srv/a.txt`), { code }), shown);
const shown = (message: string) => message.replaceAll("/srv/", "");

test("a disk that is full or closed is said in words, without the server's paths; what else happened stays as it is", () => {
  expect(refusal("ENOSPC")).toMatchObject({ code: "INSUFFICIENT_STORAGE", status: 507 });
  for (const code of ["EACCES", "EROFS"]) expect(refusal(code)).toMatchObject({ code: "CONFIG_ERROR", status: 500 });
  for (const code of ["ENOSPC", "EACCES"]) expect(String(refusal(code))).not.toContain("/srv");
  const gone = Object.assign(new Error("no /srv/a.txt"), { name: "CorpusError", code: "CORPUS_NOT_FOUND" });
  expect(textRefusal(gone, shown)).toMatchObject({ status: 404, message: "no a.txt" });
  const cause = new AppError("CONFLICT", "as it is");
  expect(textRefusal(cause, shown)).toBe(cause);
  expect(refusal("EIO")).toMatchObject({ code: "EIO" });
});
