import { z } from "zod";

/** GET /capabilities: what requests may name. */
export const Capabilities = z.object({
  model_families: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      sizes: z.array(z.string()),
      /** Fields that \`model_config\` may set in place of a size's. */
      dimensions: z.array(z.string()).optional(),
      precisions: z.array(z.string()),
      /** The tokenizer method that suits it. */
      tokenizer_method: z.string(),
    }),
  ),
  tokenizer_methods: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      /** Null where the text alone decides. */
      least_vocab_size: z.int().nullable(),
    }),
  ),
  devices: z.array(z.string()),
  optimizers: z.array(z.string()),
  /** Plugins that bring those of the names above that are not the program's own. */
  plugins: z.array(z.object({ name: z.string(), version: z.string() })).optional(),
});
export type Capabilities = z.output<typeof Capabilities>;
