function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}

const tag = (field: number, wire: number): Buffer => varint(BigInt(field * 8 + wire));
/** Fields of a protocol buffer. */
export const whole = (field: number, value: bigint): Buffer => Buffer.concat([tag(field, 0), varint(value)]);
export const bytes = (field: number, value: Uint8Array): Buffer =>
  Buffer.concat([tag(field, 2), varint(BigInt(value.length)), value]);
export function float(field: number, value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return Buffer.concat([tag(field, 5), four]);
}
