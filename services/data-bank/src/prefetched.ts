/** The same chunks, each next one being made while the one before is used: hashing goes on during writing. */
export async function* prefetched<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  let next = iterator.next();
  for (let current = await next; current.done !== true; current = await next) {
    next = iterator.next();
    next.catch(() => {}); // thrown when it is awaited; nobody may come to that
    yield current.value;
  }
}
