/** Words with a large first letter. */
export const capitalized = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;

/** Words as a sentence: the log is damaged -> The log is damaged. */
export const sentence = (words: string): string => `${capitalized(words)}${/[.!?]$/.test(words) ? "" : "."}`;

/** A name in words: learning_rate -> learning rate. */
export const inWords = (name: string): string => name.replaceAll("_", " ");
