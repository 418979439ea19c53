const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** The rule for ids, for messages. */
export const ID_RULE = "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or a digit";

const EXPORTED = /^export~(.*)$/s;

/**
 * The name of a home's exported folder in a model's id, `export~NAME`; null for any other id. The sign stands in no run's
 * id, and needs no escape in an address.
 */
export function exportedName(id: string): string | null {
  const name = EXPORTED.exec(id)?.[1];
  return name !== undefined && isId(name) ? name : null;
}

/** The id of a home's exported folder. */
export const exportedId = (name: string): string => `export~${name}`;

/** True if `id` can name a folder of a home: no separators and no leading dot, so that none leads out of it. */
export const isId = (id: string): boolean => ID.test(id);
