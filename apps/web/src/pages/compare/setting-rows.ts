import { settingsOf, shown } from "../../parts/settings-of.js";
import type { Compared } from "./compared.js";

/** A setting of several runs, in words. */
export interface SettingRow {
  readonly name: string;
  readonly help: string;
  /** Null for a run of which it is not known. */
  readonly values: readonly (string | null)[];
  readonly differs: boolean;
}

/** The corpus, and all settings that any of the runs has, in the order of the options. */
export function settingRows(runs: readonly Compared[]): SettingRow[] {
  const each = runs.map(({ manifest }) =>
    manifest === null ? null : new Map(settingsOf(manifest.config).map((setting) => [setting.name, setting])),
  );
  const helps = new Map(
    each.flatMap((settings) => [...(settings?.values() ?? [])].map(({ name, help }) => [name, help])),
  );
  const corpus = runs.map(({ manifest }) => (manifest === null ? null : (manifest.corpus_path ?? "left out")));
  return [
    row("corpus", "The text that the model learns from.", corpus),
    ...[...helps].map(([name, help]) =>
      row(
        name,
        help,
        each.map((settings) => settings && shown(settings.get(name)?.value)),
      ),
    ),
  ];
}

const row = (name: string, help: string, values: readonly (string | null)[]): SettingRow => ({
  name,
  help,
  values,
  differs: new Set(values.filter((value) => value !== null)).size > 1,
});
