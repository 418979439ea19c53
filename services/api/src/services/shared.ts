/**
 * Work that is done once at a time. Who asks for it while it is under way gets the result of the next time, with all who
 * ask until then: work that began before may not have seen what they have done.
 */
export function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    next = null;
    const begun = work();
    current = begun;
    return begun;
  };
  return () => (next ??= current.then(begin, begin));
}
