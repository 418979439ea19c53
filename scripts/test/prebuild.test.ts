import { expect, test } from "vitest";
import { newestAsked, tooNew } from "../prebuild/symbols.js";

const TABLE = `
build/torch.node:     file format elf64-x86-64

DYNAMIC SYMBOL TABLE:
0000000000000000      DF *UND*	0000000000000000 (GLIBC_2.29) pow
0000000000000000      DF *UND*	0000000000000000 (GLIBC_2.4)  __stack_chk_fail
0000000000000000      DF *UND*	0000000000000000 (GLIBCXX_3.4.29) _ZSt28__throw_bad_array_new_lengthv
0000000000000000      DF *UND*	0000000000000000 (GLIBCXX_3.4.9) _ZNSo9_M_insertIdEERSoT_
0000000000000000      DF *UND*	0000000000000000  napi_create_function
0000000000012340 g    DF .text	0000000000000010 (OURS_9.9)   napi_register_module_v1
`;

test("of what a library asks for, the newest of each family counts, and what it has itself does not", () => {
  expect(newestAsked(TABLE)).toEqual({ GLIBC: "2.29", GLIBCXX: "3.4.29" });
});

test("what is newer than was claimed is named, and so is a family that nothing was claimed for", () => {
  const asked = newestAsked(TABLE);
  expect(tooNew(asked, { GLIBC: "2.31", GLIBCXX: "3.4.29" })).toEqual([]);
  expect(tooNew(asked, { GLIBC: "2.4", GLIBCXX: "3.4.28" })).toEqual([
    "GLIBC 2.29 is asked for, and 2.4 was claimed",
    "GLIBCXX 3.4.29 is asked for, and 3.4.28 was claimed",
  ]);
  expect(tooNew(asked, { GLIBC: "3" })).toEqual(["GLIBCXX 3.4.29 is asked for, and none was claimed"]);
});
