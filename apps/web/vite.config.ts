import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const API = "http://127.0.0.1:8000";

export default defineConfig({
  root: import.meta.dirname,
  base: "/app/",
  plugins: [react()],
  build: {
    outDir: "dist/pages",
    target: "es2022",
    assetsInlineLimit: 0, // the policy of the pages lets nothing in that is written into an address
    chunkSizeWarningLimit: 400,
  },
  // `npm run dev` beside a `trainer serve`: all that is no page goes to the API.
  server: { proxy: { "^/(?!app/)": { target: API } } },
});
