// The latest messages of the server, as they come.

import { api, isAborted, report } from "../core/api.js";
import { Field, Select, Switch } from "../core/field.js";
import { moment, plain } from "../core/format.js";
import { html, useEffect, useRef, useState } from "../core/html.js";
import { t } from "../core/i18n.js";
import { Table } from "../core/table.js";
import { TabPanel, Tabs } from "../core/tabs.js";

/** @typedef {{ id: number, at: string, severity: string, text: string }} Message */
/** @typedef {{ id: number, at: string, address: string, is_blocked: boolean, reason: string }} Peer */

/** Messages on the page at most: the server keeps more, and the search asks it. */
const MOST = 500;

/** Milliseconds between two looks. */
const PAUSE = 2_000;

const SEVERITIES = /** @type {Record<string, string[]>} */ ({
  all: [],
  info: ["info", "warning", "critical"],
  warning: ["warning", "critical"],
  critical: ["critical"],
});

const BADGES = /** @type {Record<string, string>} */ ({
  normal: "badge-muted",
  info: "badge-muted",
  warning: "badge-warn",
  critical: "badge-error",
});

function Messages() {
  const [messages, setMessages] = useState(/** @type {Message[] | null} */ (null));
  const [severity, setSeverity] = useState("all");
  const [text, setText] = useState("");
  const [follows, setFollows] = useState(true);
  const last = useRef(/** @type {number | null} */ (null));

  useEffect(() => {
    const control = new AbortController();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    last.current = null;
    setMessages(null);
    const look = async () => {
      try {
        const query = { severity: SEVERITIES[severity] ?? [], q: text || null, limit: MOST, after: last.current };
        const page = await api.get("/v1/log", query, { signal: control.signal });
        // Ids start anew with the server.
        last.current = page.last;
        setMessages((old) => [...(old ?? []), ...page.messages].slice(-MOST));
      } catch (error) {
        if (isAborted(error)) return;
        if (last.current === null) report(error);
      }
      if (follows) timer = setTimeout(look, PAUSE);
    };
    timer = setTimeout(look, text ? 250 : 0);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [severity, text, follows]);

  const newestFirst = [...(messages ?? [])].reverse();
  return html`<div class="toolbar filters">
      <${Field}
        id="log-search"
        label=${t("common.search")}
        control=${(/** @type {Record<string, string | undefined>} */ attributes) => html`<input
          ...${attributes}
          type="search"
          value=${text}
          onInput=${(/** @type {InputEvent} */ event) => setText(/** @type {HTMLInputElement} */ (event.currentTarget).value)}
        />`}
      />
      <${Field}
        id="log-severity"
        label=${t("log.severity")}
        control=${(/** @type {Record<string, string | undefined>} */ attributes) => html`<${Select}
          id="log-severity"
          attributes=${attributes}
          value=${severity}
          options=${Object.keys(SEVERITIES).map((value) => ({ value, label: t(`log.from.${value}`) }))}
          onChange=${setSeverity}
        />`}
      />
      <${Switch} id="log-follow" label=${t("log.follow")} checked=${follows} onChange=${setFollows} />
    </div>
    ${messages === null
      ? html`<p class="muted">${t("common.loading")}</p>`
      : newestFirst.length === 0
        ? html`<div class="empty">${t("log.none")}</div>`
        : html`<div class="log" role="log" aria-live="off" aria-label=${t("nav.log")} tabindex="0"><ol class="plain-list">
            ${newestFirst.map(
              (message) => html`<li key=${message.id} class=${`log-line log-${message.severity}`}>
                <time datetime=${message.at}>${moment(message.at)}</time>
                <span class=${`badge ${BADGES[message.severity] ?? "badge-muted"}`}>${t(`log.severity.${message.severity}`)}</span>
                <bdi class="log-text">${message.text.split("\n").map(plain).join("\n")}</bdi>
              </li>`,
            )}
          </ol></div>`}`;
}

function Peers() {
  const [peers, setPeers] = useState(/** @type {Peer[] | null} */ (null));
  useEffect(() => {
    const control = new AbortController();
    api
      .get("/v1/log/peers", { limit: MOST }, { signal: control.signal })
      .then((page) => setPeers(page.peers.reverse()), report);
    return () => control.abort();
  }, []);
  /** @type {import("../core/table.js").Column<Peer>[]} */
  const columns = [
    { id: "at", label: t("log.time"), sort: (peer) => peer.id, cell: (peer) => moment(peer.at) },
    { id: "address", label: t("sessions.address"), main: true, sort: (peer) => peer.address, cell: (peer) => peer.address },
    {
      id: "kind",
      label: t("log.kind"),
      sort: (peer) => String(peer.is_blocked),
      cell: (peer) => t(peer.is_blocked ? "log.blocked" : "log.banned"),
    },
    { id: "reason", label: t("log.reason"), sort: (peer) => peer.reason, cell: (peer) => html`<bdi>${plain(peer.reason)}</bdi>` },
  ];
  return peers === null
    ? html`<p class="muted">${t("common.loading")}</p>`
    : html`<${Table} label=${t("log.peers")} columns=${columns} rows=${peers} id=${(/** @type {Peer} */ peer) => String(peer.id)} empty=${t("log.no_peers")} />`;
}

export default function Log() {
  const [tab, setTab] = useState("messages");
  return html`<div class="page">
    <h1>${t("nav.log")}</h1>
    <${Tabs}
      id="log"
      label=${t("nav.log")}
      selected=${tab}
      onSelect=${setTab}
      tabs=${[
        { id: "messages", label: t("log.messages") },
        { id: "peers", label: t("log.peers") },
      ]}
    />
    <${TabPanel} id="log" selected=${tab}>${tab === "messages" ? html`<${Messages} />` : html`<${Peers} />`}<//>
  </div>`;
}
