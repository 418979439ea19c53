/** A vocabulary that a corpus of so many bytes can fill: each token should be met often enough to be learned. */
export function vocabSizeFor(bytes: number): number {
  const steps: readonly (readonly [upTo: number, vocabSize: number])[] = [
    [256 << 10, 1024],
    [2 << 20, 4096],
    [32 << 20, 8192],
    [256 << 20, 16384],
  ];
  return steps.find(([upTo]) => bytes <= upTo)?.[1] ?? 32768;
}
