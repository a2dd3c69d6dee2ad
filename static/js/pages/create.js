import { html } from "../core/html.js";
export default function Torrents() {
  return html`<h1>Torrents</h1>`;
}
