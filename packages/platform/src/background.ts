/** Lets work go on that nobody waits for; `onError` hears of its failure, which would end the process otherwise. */
export function background(work: Promise<unknown>, onError: (error: unknown) => void): void {
  work.catch(onError);
}
