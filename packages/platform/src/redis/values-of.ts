import { z } from "zod";

const Answers = z.array(z.tuple([z.instanceof(Error).nullable()], z.unknown()));

/** Results of a pipeline's commands. @throws the first error */
export const valuesOf = (answers: unknown): unknown[] =>
  Answers.parse(answers).map(([error, value]) => {
    if (error !== null) throw error;
    return value;
  });
