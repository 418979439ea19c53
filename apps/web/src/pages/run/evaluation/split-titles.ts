const titles: Readonly<Record<string, string>> = { validation: "Validation", test: "Test" };

/** A part of a text, for people. */
export const titleOf = (split: string): string => titles[split] ?? split;
