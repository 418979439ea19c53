/** Prompts of every evaluation, so that runs can be compared: nothing, then common beginnings. */
export const samplePrompts: readonly string[] = ["", "The", "Once upon a time", "In the beginning", "What is"];
