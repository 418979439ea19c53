import { ServiceError, type Service } from "../service-error.js";

/**
 * An answer's bytes, as many as were announced.
 * @throws ServiceError UNREACHABLE if they are fewer, INVALID_ANSWER if they are more, of which none is given
 */
export async function* announced(
  content: AsyncIterable<Buffer>,
  bytes: number,
  service: Service,
): AsyncGenerator<Buffer, void, undefined> {
  let left = bytes;
  for await (const chunk of content) {
    if (chunk.length > left)
      throw new ServiceError("INVALID_ANSWER", `more came than the ${bytes} bytes that were announced`);
    left -= chunk.length;
    yield chunk;
  }
  if (left > 0) throw new ServiceError("UNREACHABLE", "the answer ended too early", { service });
}

export const mismatch = (name: string): ServiceError =>
  new ServiceError("HASH_MISMATCH", `what came is not the file ${name}: the service's copy is damaged or another`);
