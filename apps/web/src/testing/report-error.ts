// Browsers have it and happy-dom has not: an error that a page reports fails the test.
Object.assign(globalThis, {
  reportError: (error: unknown) =>
    queueMicrotask(() => {
      throw error;
    }),
});
