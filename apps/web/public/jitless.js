// Zod tries eval where its first schema is made, which the pages' policy forbids and reports. Its configuration has to be
// there before any module runs, and which runs first is the bundler's to choose.
globalThis.__zod_globalConfig = { jitless: true };
