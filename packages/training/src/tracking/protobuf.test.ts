import { fieldsOf } from "@trainer/testing/protobuf-fields";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bytesField, doubleField, floatField, intField, message } from "./protobuf.js";

const number = fc.integer({ min: 1, max: 2 ** 29 - 1 });
const field = fc.oneof(
  fc.record({ kind: fc.constant("int" as const), number, value: fc.maxSafeNat() }),
  fc.record({ kind: fc.constant("double" as const), number, value: fc.double({ noNaN: true }) }),
  fc.record({ kind: fc.constant("float" as const), number, value: fc.float({ noNaN: true }) }),
  fc.record({ kind: fc.constant("text" as const), number, value: fc.string({ unit: "grapheme", maxLength: 300 }) }),
);

const valueOf = (kind: string | undefined, value: bigint | Buffer): unknown => {
  if (typeof value === "bigint") return Number(value);
  if (kind === "text") return value.toString();
  return kind === "double" ? value.readDoubleLE() : value.readFloatLE();
};

test("a message of any fields is read back by a decoder of its own", () => {
  fc.assert(
    fc.property(fc.array(field, { maxLength: 5 }), (fields) => {
      const bytes = message(
        ...fields.map((each) => {
          switch (each.kind) {
            case "int":
              return intField(each.number, each.value);
            case "double":
              return doubleField(each.number, each.value);
            case "float":
              return floatField(each.number, each.value);
            case "text":
              return bytesField(each.number, each.value);
          }
        }),
      );
      const read = fieldsOf(bytes).map(([number, value], i) => ({ number, value: valueOf(fields[i]?.kind, value) }));
      expect(read).toEqual(fields.map((each) => ({ number: each.number, value: each.value })));
    }),
  );
});
