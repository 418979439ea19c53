const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The rule for ids, for messages. */
export const ID_RULE = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or a digit";

/** True if `id` can name a folder of a home: no separators and no leading dot, so that none leads out of it. */
export const isId = (id: string): boolean => ID.test(id);
