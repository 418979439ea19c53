import { camel, snake } from "@trainer/disk/case";

/** nEmbd -> n_embd. */
export type Snake<Key extends string> = Key extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : "";
/** n_embd -> nEmbd. */
export type Camel<Key extends string> = Key extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<Camel<Rest>>}`
  : Key;

export type SnakeKeys<T> = { [Key in keyof T & string as Snake<Key>]: T[Key] };
export type CamelKeys<T> = { [Key in keyof T & string as Camel<Key>]: T[Key] };

/** The object by the names that its fields have in files and requests. */
export function snakeKeys<T extends object>(object: T): SnakeKeys<T>;
export function snakeKeys(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [snake(key), value]));
}

/** The object by the names that its fields have in programs. */
export function camelKeys<T extends object>(object: T): CamelKeys<T>;
export function camelKeys(object: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [camel(key), value]));
}
