import * as fc from "fast-check";
import { expect, test } from "vitest";
import { notJson } from "./not-json.js";
import { recordText } from "./record-text.js";

test("what is wrong with a record says nothing of what the record says but the names of its fields", () => {
  const word = fc.constant("zxqv");
  const piece = fc.oneof(word, fc.constantFrom('"', "{", "}", "[", "]", ",", ":", "\\", "\n", "\0", "1", " "));
  fc.assert(
    fc.property(fc.array(piece), fc.boolean(), (pieces, plain) => {
      const read = recordText(pieces.join(""), { plain, field: "text" });
      const wrong = "wrong" in read ? read.wrong : "";
      expect(wrong.replace(/: its fields are .*/s, "")).not.toContain("zxqv");
    }),
  );
});

test("the first place is named at which a text is not JSON, in characters from 1", () => {
  expect(notJson('{"a" 1}')).toBe("not JSON: colon expected at character 6");
  expect(notJson('{"a": 1} // Jane')).toBe("not JSON: invalid comment token at character 10");
  expect(notJson('[1 "Jane"')).toBe("not JSON: comma expected at character 4");
});

test("the fields of a record are told without what they hold", () => {
  const read = recordText('{"a": "zxqv", "d": "zxqv", "b": ["zxqv"], "c": {"zxqv": 1}}', { plain: false, field: null });
  expect(read).toEqual({
    wrong:
      'no string field "text": its fields are "a" (string), "d" (string), "b" (array), "c" (object); --text-field names the one with the text',
  });
});
