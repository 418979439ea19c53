/** What every evaluation lets a model go on from, so that runs can be compared: nothing, then common beginnings. */
export const samplePrompts: readonly string[] = ["", "The", "Once upon a time", "In the beginning", "What is"];
