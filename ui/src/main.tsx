/* The pages begin here. */
import { render } from "preact";
import { whenSignedOut } from "./api/client.ts";
import { silence } from "./api/live.ts";
import { me, refresh } from "./api/me.ts";
import { App } from "./app.tsx";
import { language, speak } from "./i18n/index.ts";
import { listen } from "./router.ts";
import { theme, wear } from "./theme.ts";

wear(theme.get());
speak(language.get(), { keep: false });
whenSignedOut(() => {
  silence();
  me.set(null);
});
listen();
void refresh();
const root = document.getElementById("app");
if (root) render(<App />, root);
