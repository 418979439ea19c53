/** A plan for which nothing else is said: of this family, for a training of so many seconds. */
export const planDefaults = { modelFamily: "llama", seconds: 600 } as const;
