/**
 * @typedef {object} Target a kind of machine that addons are built for ahead
 * @property {string} name as Node names it: platform and processor
 * @property {string} [debian] its architecture in Debian; without it the addons are built on such a machine
 * @property {string} [processor] as CMake names it
 * @property {string} [triplet] of the compiler and of Debian's folders
 */

/** @type {readonly Target[]} */
export const TARGETS = [
  { name: "linux-x64", debian: "amd64", processor: "x86_64", triplet: "x86_64-linux-gnu" },
  { name: "linux-arm64", debian: "arm64", processor: "aarch64", triplet: "aarch64-linux-gnu" },
  { name: "darwin-arm64" },
];

/** Debian's release whose C library the addons are linked with. */
export const SUITE = "bullseye";

/** The newest version of each family of symbols that the addons may ask for: what that release has. */
export const CLAIMED = { GLIBC: "2.31", GLIBCXX: "3.4.28", CXXABI: "1.3.12", GCC: "10.0", GOMP: "4.5", OMP: "1.0" };
