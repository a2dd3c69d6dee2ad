// Paths as a tree.

import { collator, plain } from "../../core/format.js";

/** @typedef {{ index: number, path: string, size: number, progress: number, priority: string }} File */
/** @typedef {{ id: string, name: string, path: string, children?: FileNode[], files: File[], size: number, progress: number, priority: string, checked: "true" | "false" | "mixed" }} FileNode */

/** @param {FileNode} node */
function summed(node) {
  const { files } = node;
  node.size = files.reduce((sum, file) => sum + file.size, 0);
  const done = files.reduce((sum, file) => sum + file.size * file.progress, 0);
  node.progress = node.size > 0 ? done / node.size : 1;
  const [first] = files;
  node.priority = files.every((file) => file.priority === first?.priority) ? (first?.priority ?? "normal") : "mixed";
  const wanted = files.filter((file) => file.priority !== "skip").length;
  node.checked = wanted === files.length ? "true" : wanted === 0 ? "false" : "mixed";
}

/** The tree of some files, folders first. @param {File[]} files @returns {FileNode[]} */
export function build(files) {
  /** @type {FileNode} */
  const root = { id: "", name: "", path: "", children: [], files: [], size: 0, progress: 0, priority: "normal", checked: "true" };
  /** @type {Map<string, FileNode>} */
  const folders = new Map([["", root]]);
  /** @param {string} path @returns {FileNode} */
  const folder = (path) => {
    const known = folders.get(path);
    if (known) return known;
    const cut = path.lastIndexOf("/");
    const made = { ...root, id: `d${path}`, name: plain(path.slice(cut + 1)), path, children: [], files: [] };
    folders.set(path, made);
    folder(cut < 0 ? "" : path.slice(0, cut)).children?.push(made);
    return made;
  };
  for (const file of files) {
    const cut = file.path.lastIndexOf("/");
    const above = cut < 0 ? "" : file.path.slice(0, cut);
    /** @type {FileNode} */
    const node = { ...root, id: `f${file.index}`, name: plain(file.path.slice(cut + 1)), path: file.path, files: [file] };
    delete node.children;
    folder(above).children?.push(node);
    for (let up = above; ; up = up.slice(0, Math.max(0, up.lastIndexOf("/")))) {
      if (up === "") break;
      folder(up).files.push(file);
      if (!up.includes("/")) break;
    }
  }
  const order = collator();
  /** @param {FileNode[]} nodes */
  const finish = (nodes) => {
    nodes.sort((a, b) => Number(Boolean(b.children)) - Number(Boolean(a.children)) || order.compare(a.name, b.name));
    for (const node of nodes) {
      summed(node);
      if (node.children) finish(node.children);
    }
    return nodes;
  };
  return finish(root.children ?? []);
}
