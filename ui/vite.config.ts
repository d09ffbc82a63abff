import { defineConfig } from "vite";
import { fake } from "./dev/fake.ts";

/* The pages are one script and one sheet of styles: no inline script or style (the Content-Security-Policy forbids both), no
   asset turned into a data: URL, nothing from elsewhere. `npm run dev` serves them over a made-up server (dev/fake.ts), or
   with HAWKNEST_API=http://127.0.0.1:8080 over a real one. */
const real = process.env.HAWKNEST_API;

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: real ? [] : [fake()],
  build: {
    outDir: process.env.HAWKNEST_UI_OUT ?? "../src/hawknest/doors/web/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    license: { fileName: "licenses.md" }, // of what others wrote and the script holds
    reportCompressedSize: false,
  },
  server: real ? { proxy: { "/api": { target: real } } } : {},
});
