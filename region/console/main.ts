import { h, render } from "preact";
import { App } from "./App.tsx";
import { ROUTES } from "./routes.ts";

// The page's code comes while the region is asked who this is; should it not, the page says so.
ROUTES.find(({ path }) => fits(path, location.pathname))?.page.load().catch(() => {});

const root = document.getElementById("app");
if (root) render(h(App, {}), root);

/** Whether an address is about that of a route; the router decides, this only hurries. */
function fits(route: string, pathname: string): boolean {
  const wanted = route.split("/");
  const given = (pathname === "/" ? ROUTES[0]?.path ?? "" : pathname).split("/");
  return given.length <= wanted.length &&
    wanted.every((part, i) =>
      part === given[i] || (part.startsWith(":") && given[i] !== "") ||
      (part.endsWith("?") && given[i] === undefined)
    );
}
