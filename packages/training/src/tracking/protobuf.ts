// Fields of Protocol Buffers messages, as far as what is written here has them; a message is its fields, one after another.

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

export const message = (...fields: readonly Buffer[]): Buffer => Buffer.concat(fields);

/** @param value a safe integer, 0 or more */
export const intField = (number: number, value: number): Buffer =>
  Buffer.concat([key(number, WIRE.varint), varint(value)]);

export function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([key(number, WIRE.fixed64), bytes]);
}

export function floatField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(number, WIRE.fixed32), bytes]);
}

/** A text, bytes or a message. */
export function bytesField(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([key(number, WIRE.bytes), varint(bytes.length), bytes]);
}

const key = (number: number, wire: number): Buffer => varint(number * 8 + wire);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}
