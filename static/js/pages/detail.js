import { html } from "../core/html.js";
/** @param {any} props */
export function Detail(props) { return html`<p>${props.id}</p>`; }
