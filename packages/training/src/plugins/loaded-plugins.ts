import type { Plugin } from "./plugin.js";

export interface LoadedPlugin {
  /** The address of its module, by which another process loads the same. */
  readonly url: string;
  readonly plugin: Plugin;
}

/** Contents of a plugin by kind and name: "optimizer lion". */
export type Offer = `${"model family" | "optimizer" | "tokenizer"} ${string}`;

/** Lists of families, and of optimizers and tokenizers by their names. */
interface Offering {
  readonly families?: readonly { readonly name: string }[];
  readonly optimizers?: object;
  readonly tokenizers?: object;
}

export const offersOf = ({ families = [], optimizers = {}, tokenizers = {} }: Offering): Offer[] => [
  ...families.map(({ name }) => `model family ${name}` as const),
  ...Object.keys(optimizers).map((name) => `optimizer ${name}` as const),
  ...Object.keys(tokenizers).map((name) => `tokenizer ${name}` as const),
];

const loaded: LoadedPlugin[] = [];

/** Those of this process. */
export const loadedPlugins = (): readonly LoadedPlugin[] => loaded;

/** Their addresses, by which another process loads the same. */
export const pluginUrls = (): string[] => loaded.map(({ url }) => url);

export function addLoadedPlugins(more: readonly LoadedPlugin[]): void {
  loaded.push(...more);
}

/** A plugin as capabilities and manifests name it. */
export interface PluginVersion {
  readonly name: string;
  readonly version: string;
}

/** Those that bring any of these. */
export const pluginsThatBring = (offers: readonly Offer[]): PluginVersion[] =>
  loaded
    .filter(({ plugin }) => offersOf(plugin).some((offer) => offers.includes(offer)))
    .map(({ plugin: { name, version } }) => ({ name, version }));
