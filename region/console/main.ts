import { h, render } from "preact";
import { App } from "./App.tsx";

const root = document.getElementById("app");
if (root) render(h(App, {}), root);
