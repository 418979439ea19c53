// What people add to the program, found by name: loads no native code.
export { loadPlugins } from "./plugins/load-plugins.js";
export { loadedPlugins, pluginsThatBring, type LoadedPlugin, type PluginVersion } from "./plugins/loaded-plugins.js";
export { PLUGIN_API, type Plugin, type PluginCode } from "./plugins/plugin.js";
