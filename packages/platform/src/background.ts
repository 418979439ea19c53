/** Lets work run that nobody awaits; `onError` gets its error, which would end the process otherwise. */
export function background(work: Promise<unknown>, onError: (error: unknown) => void): void {
  work.catch(onError);
}
