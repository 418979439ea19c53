/** Options by their names. */
export type Settings = Readonly<Record<string, unknown>>;

/** The settings without those that were given, which stay as they are. */
export const withoutGiven = (settings: Settings, given: ReadonlySet<string>): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !given.has(name)));
