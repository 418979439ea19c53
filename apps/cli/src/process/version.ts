/** The package's version: `trainer --version` must not wait for a file. A test holds it equal to package.json's. */
export const VERSION = "0.1.0";
