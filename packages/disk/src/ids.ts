const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** What an id may be, for messages. */
export const ID_RULE = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or a digit";

/** Whether `id` can name a folder of a home: no separators and no leading dot, so that none leads out of it. */
export const isId = (id: string): boolean => ID.test(id);
