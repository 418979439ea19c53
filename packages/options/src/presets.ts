import type { z } from "zod";

type Shape = Readonly<Record<string, z.ZodType>>;

/** Sets a heading over options. */
export function grouped<S extends Shape>(group: string | undefined, shape: S): S;
export function grouped(group: string | undefined, shape: Shape): Shape {
  return Object.fromEntries(
    Object.entries(shape).map(([name, option]) => [name, option.meta({ ...option.meta(), group })]),
  );
}

/** The options without a heading, for what has few. */
export const ungrouped = <S extends Shape>(shape: S): S => grouped(undefined, shape);

/** The option with another default. */
export const preset = <T extends z.ZodType>(option: z.ZodDefault<T>, value: z.util.NoUndefined<z.output<T>>) =>
  option
    .unwrap()
    .default(value)
    .meta({ ...option.meta() });
