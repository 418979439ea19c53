export { openSafetensors, readSafetensors, type SafetensorsFile } from "./safetensors/open-safetensors.js";
export { writeSafetensors, type WrittenFile } from "./safetensors/write-safetensors.js";
