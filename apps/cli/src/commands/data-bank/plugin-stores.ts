import { assertStoreKind, registerStore } from "@trainer/data-bank";
import { loadedPlugins } from "@trainer/training/plugins";

/**
 * Makes the stores of this process's plugins known to the file service.
 * @throws AppError CONFIG_ERROR for a name that is taken
 */
export function registerPluginStores(): void {
  for (const store of loadedPlugins().flatMap(({ plugin }) => plugin.stores ?? [])) {
    assertStoreKind(store);
    registerStore(store);
  }
}
