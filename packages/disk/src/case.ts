// Names as programs have them and as files and requests do. Imports nothing, so that a page in a browser can use it.

/** nEmbd -> n_embd. */
export const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** n_embd -> nEmbd. */
export const camel = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
