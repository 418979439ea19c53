import { z } from "zod";

type Shape = Readonly<Record<string, z.ZodType>>;
type Given<F> = NonNullable<z.output<F>>;
type Asked<F> = { [Key in keyof F]: z.ZodOptional<z.ZodType<Given<F[Key]>, Given<F[Key]> | null | undefined>> };

/** The fields of a request without their defaults: what is left out, or null, stays absent. */
export function asked<F extends Shape>(fields: F): Asked<F>;
export function asked(fields: Shape): Shape {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, z.optional(withoutDefault(field))]));
}

/** A field is what it takes, and what it makes of nothing. */
function withoutDefault(field: z.ZodType): z.ZodType {
  const { description = "" } = field;
  const taken = field instanceof z.ZodPipe ? field.in : z.nullable(field);
  return z
    .pipe(
      taken,
      z.transform((given) => given ?? undefined),
    )
    .describe(description);
}
