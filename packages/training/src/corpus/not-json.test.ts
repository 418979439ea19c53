import * as fc from "fast-check";
import { expect, test } from "vitest";
import { notJson } from "./not-json.js";
import { recordText } from "./record-text.js";

test("what is wrong with a record says nothing of what the record says", () => {
  const word = fc.constant("zxqv");
  const piece = fc.oneof(word, fc.constantFrom('"', "{", "}", "[", "]", ",", ":", "\\", "\n", "\0", "1", " "));
  fc.assert(
    fc.property(fc.array(piece), fc.boolean(), (pieces, plain) => {
      const read = recordText(pieces.join(""), { plain });
      expect("wrong" in read ? read.wrong : "").not.toContain("zxqv");
    }),
  );
});

test("the first place is named at which a text is not JSON, in characters from 1", () => {
  expect(notJson('{"a" 1}')).toBe("not JSON: colon expected at character 6");
  expect(notJson('{"a": 1} // Jane')).toBe("not JSON: invalid comment token at character 10");
  expect(notJson('[1 "Jane"')).toBe("not JSON: comma expected at character 4");
});
