// npm run test:sanitize: the native tests once more, with the C++ built for AddressSanitizer and UndefinedBehaviorSanitizer.
import { bootstrap } from "./bootstrap.js";
import { exec } from "./exec.js";
import { NATIVE, SANITIZE_FOLDER, nativeBuild } from "./native.js";
import { at } from "./paths.js";
import { SetupError, run } from "./say.js";
import { findSentencePiece } from "./sentencepiece.js";

await run(async () => {
  const { libtorch } = await bootstrap();
  for (const pkg of NATIVE) {
    const native = nativeBuild(pkg, { libtorch, sentencepiece: findSentencePiece() }, { sanitize: true });
    if (!native.isCurrent()) await native.build();
  }
  // node itself is not built with them, so their run-time must be there before it. V8 and libtorch keep memory until the
  // end on purpose, so leaks are not looked for here: a test holds native memory flat instead, which is
  // why only 8 MB of freed memory are kept aside.
  const env = {
    ...process.env,
    LD_PRELOAD: (await Promise.all(["libasan.so", "libubsan.so"].map(runtime))).join(" "),
    ASAN_OPTIONS:
      "detect_leaks=0:detect_odr_violation=0:alloc_dealloc_mismatch=0:allocator_may_return_null=1:quarantine_size_mb=8",
    UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
    TRAINER_NATIVE_BUILD: SANITIZE_FOLDER,
  };
  const folders = NATIVE.map(({ name }) => `packages/${name}`);
  const args = [
    at("node_modules/vitest/vitest.mjs"),
    "run",
    "--testTimeout=300000",
    ...folders,
    ...process.argv.slice(2),
  ];
  return (await exec(process.execPath, args, { env, show: true })).code;
});

/** @param {string} name */
async function runtime(name) {
  const { stdout } = await exec(process.env["CXX"] ?? "c++", [`-print-file-name=${name}`]);
  const path = stdout.trim();
  if (path.startsWith("/")) return path;
  throw new SetupError(
    `The compiler has no ${name}. GCC brings it: apt-get install g++, dnf install libasan libubsan.`,
  );
}
