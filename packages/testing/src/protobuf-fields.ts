type Field = readonly [number: number, value: bigint | Buffer];

/** Fields of a message, by the encoding's description alone: what writes them shares no code with this. */
export function fieldsOf(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => bytes.subarray(at, (at += length));
  while (at < bytes.length) {
    const key = varint();
    const wire = Number(key & 7n);
    const number = Number(key >> 3n);
    if (wire === 0) fields.push([number, varint()]);
    else if (wire === 1) fields.push([number, take(8)]);
    else if (wire === 5) fields.push([number, take(4)]);
    else if (wire === 2) fields.push([number, take(Number(varint()))]);
    else throw new Error(`there is no wire type ${wire}`);
  }
  return fields;
}

export const bytesAt = (message: Buffer, ...path: readonly number[]): Buffer[] =>
  path.reduce(
    (messages, number) =>
      messages.flatMap((each) =>
        fieldsOf(each).flatMap(([name, value]) => (name === number && Buffer.isBuffer(value) ? [value] : [])),
      ),
    [message],
  );
