import { dieWithParent } from "@trainer/torch";
import { serve } from "./serve.js";

// Whoever stops the parent may signal the whole group: when this process ends is for the parent to say.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));
void serve(process, dieWithParent);
