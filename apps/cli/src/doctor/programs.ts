import { ok, type Check } from "./check.js";
import { findProgram } from "../serve/find-program.js";

/** Programs beside the trainer, what each is for, and how to get it. None is needed to train. */
const PROGRAMS = [
  {
    name: "Python",
    names: ["python3"],
    fix: "Without it libtorch cannot be fetched (set LIBTORCH to a copy instead) and `npm run bench` has no peers. Install python3 with pip.",
  },
  {
    name: "C++ compiler",
    names: ["c++", "g++", "clang++"],
    fix: "Only a checkout needs it, to build the native parts again after an update. Install g++ 10 or clang 14, or newer.",
  },
  {
    name: "CMake",
    names: ["cmake"],
    fix: "Only a checkout needs it, to build the native parts again after an update. Install cmake 3.20 or newer.",
  },
  {
    name: "Redis",
    names: ["redis-server", "valkey-server"],
    fix: "Only `trainer ui` and `trainer serve` need it, which then fetch Valkey by pip; training from the command line does not.",
  },
  {
    name: "Chromium",
    names: ["chromium", "chromium-browser", "google-chrome"],
    fix: "Only tests of web pages need it; training from the command line does not. Install chromium.",
  },
] as const;

export function programChecks(path: string): Promise<Check[]> {
  return Promise.all(
    PROGRAMS.map(async ({ name, names, fix }): Promise<Check> => {
      const found = await findProgram(names, path);
      return found === null ? { name, status: "missing", value: "not found", fix } : ok(name, found);
    }),
  );
}
