import { z } from "zod";

// Compiled checks need eval, which the pages' security policy forbids. Zod tries it where the first schema is made, so
// this stands before every other import of the entry.
z.config({ jitless: true });
