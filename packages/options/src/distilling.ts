import { z } from "zod";
import { grouped } from "./presets.js";

/** Options of a training that learns from a teacher too. */
export const distilling = grouped("Distillation", {
  teacher: z
    .string()
    .trim()
    .min(1)
    .nullable()
    .default(null)
    .describe("run, or folder of Hugging Face weights, whose model this one learns from, beside the text"),
  kdWeight: z.number().min(0).max(1).default(0.5).meta({
    description: "the teacher's part in the loss; the cross entropy of the text has the rest",
    needs: "teacher",
  }),
  kdTopK: z.int().min(0).default(64).meta({
    description: "so many of the teacher's likeliest tokens are told apart, all others are one; 0: all are told apart",
    needs: "teacher",
  }),
  kdTemperature: z
    .number()
    .gt(0)
    .max(100)
    .default(1)
    .meta({ description: "logits of both are divided by it before they are compared", needs: "teacher" }),
  kdCache: z.boolean().default(false).meta({
    description:
      "keep the teacher's answers on the disk, so that it is asked once per token of the text: not in later epochs, nor by other runs on it",
    needs: "teacher",
  }),
});
