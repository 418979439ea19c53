import type { ResolveHook } from "node:module";

/**
 * Resolves what modules import, for plugins that lie outside this program: its packages are those that run here, as there
 * can be one libtorch in a process; so is Zod, for who has none of his own.
 */
export const resolve: ResolveHook = async (specifier, context, next) => {
  const fromHere = { ...context, parentURL: import.meta.url };
  if (specifier.startsWith("@trainer/")) return await next(specifier, fromHere);
  try {
    return await next(specifier, context);
  } catch (error) {
    if (specifier !== "zod") throw error;
    return await next(specifier, fromHere);
  }
};
