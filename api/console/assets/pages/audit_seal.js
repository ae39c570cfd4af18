/* The seal page: fetches checkpoint, keys and proofs, checks them here, and says step by step what came of it. The
   newest checkpoint that held is kept in this browser: the next one must continue it. */
import { moment, numbers } from "../formats.js";
import * as seal from "../seal.js";

const place = document.getElementById("verdict");
const words = place.dataset;
const short = (bytes) => `${seal.hex(bytes).slice(0, 16)}…`;
const number = numbers();
const said = (value) => (typeof value === "number" ? number(value) : value instanceof Date ? moment(value) : value ?? "");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => said(values[name]));

class DoesNotHold extends Error {}

class Report {
  constructor(list) { this.list = list; this.doubts = []; list.replaceChildren(); }
  /* What this browser cannot decide: it is said, and nothing is said to hold as a whole. */
  doubt(text, values) { this.step(null, text, values, "", words.toCheck); this.doubts.push(fill(text, values)); }
  step(ok, text, values = {}, detail = "", unsure = words.noted) {
    const line = document.createElement("li");
    line.className = ok === null ? "open" : ok ? "good" : "bad";
    const mark = document.createElement("span");
    mark.className = `badge ${ok === null ? "warn" : ok ? "good" : "bad"}`;
    mark.textContent = ok === null ? unsure : ok ? words.holds : words.fails;
    line.append(mark, " ", fill(text, values));
    if (detail) line.append(" ", Object.assign(document.createElement("code"), { textContent: detail }));
    this.list.append(line);
    if (ok === false) throw new DoesNotHold(fill(text, values));
  }
}

function verdict(state, text) {
  place.dataset.state = state;
  place.className = `notice ${{ holds: "good", fails: "bad" }[state] ?? "warn"}`;
  place.textContent = text;
}

async function asked(path) {
  const answer = await fetch(`/console/audit/seal/${path}`, { headers: { Accept: "application/json" } });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.detail ?? String(answer.status));
  return content;
}

const kept = (origin) => { try { return JSON.parse(localStorage.getItem(`checkpoint ${origin}`)); } catch { return null; } };
const keep = (origin, note, key) => localStorage.setItem(`checkpoint ${origin}`, JSON.stringify({ note, key, at: new Date().toISOString() }));

/* The newest checkpoint: signed by the key, and a continuation of what this browser saw before. */
async function checkpoint(report) {
  const [status, newest] = await Promise.all([asked("status"), asked("checkpoint")]);
  const note = seal.readNote(newest.note);
  report.step(true, words.read, { size: note.size, at: new Date(note.at) }, seal.hex(note.root));
  const before = kept(note.origin);
  const key = before?.key ?? status.keys.at(-1);
  await signature(report, newest.note, key, status.keys);
  if (!before) report.step(null, words.first, { size: note.size });
  else await continues(report, seal.readNote(before.note), note);
  return { note, text: newest.note, key, isFirst: !before };
}

/* By the key that this browser remembers; another one that signs instead is named, and not taken over in silence. */
async function signature(report, note, key, stated) {
  const signed = key ? await seal.signedBy(note, key) : false;
  if (signed === null) return report.doubt(words.noEd25519, { key });
  for (const other of signed ? [] : stated) {
    if (other !== key && await seal.signedBy(note, other)) return report.doubt(words.keyChanged, { key: other, old: key });
  }
  report.step(signed, words.signed, { key });
}

async function continues(report, old, now) {
  if (now.size < old.size) report.step(false, words.shorter, { old: old.size, size: now.size });
  const proof = old.size === now.size ? [] : (await asked(`consistency?from=${old.size}&to=${now.size}`)).proof.map(seal.bytesOf);
  const roots = await seal.rootsByConsistency(old.size, now.size, old.root, proof);
  const values = { old: old.size, size: now.size, hashes: proof.length };
  report.step(Boolean(roots) && seal.same(roots.first, old.root), words.oldRoot, values, roots ? seal.hex(roots.first) : "");
  report.step(seal.same(roots.second, now.root), words.newRoot, values, seal.hex(roots.second));
}

/* That an event is one of those that the checkpoint seals. */
async function event(report, position, { note }) {
  const found = await asked(`proof/${position}?size=${note.size}`);
  const entry = seal.framed(found.entry);
  report.step(found.entry.position === position, words.entry, { position: String(position), topic: found.entry.topic, at: new Date(found.entry.recorded_at), digest: short(seal.bytesOf(found.entry.state_digest)) });
  const leaf = await seal.leafHash(entry);
  report.step(true, words.leaf, { bytes: entry.length }, seal.hex(leaf));
  const proof = found.proof.map(seal.bytesOf);
  const root = await seal.rootByInclusion(position - 1, note.size, leaf, proof);
  report.step(Boolean(root) && seal.same(root, note.root), words.inclusion, { hashes: proof.length, size: note.size }, root ? seal.hex(root) : "");
}

async function check(list, what) {
  verdict("checking", words.checking);
  try {
    if (!globalThis.crypto?.subtle) throw new Error(words.insecure);
    const report = new Report(list);
    const found = await checkpoint(report);
    if (what) await event(report, what, found);
    keep(found.note.origin, found.text, found.key);
    if (report.doubts.length) verdict("open", fill(words.stillOpen, { what: report.doubts.join(" ") }));
    else verdict("holds", fill(what ? words.eventHolds : found.isFirst ? words.firstHolds : words.allHolds, { position: String(what), size: found.note.size }));
  } catch (error) {
    if (error instanceof DoesNotHold) verdict("fails", fill(words.doesNotHold, { what: error.message }));
    else verdict("open", fill(words.notChecked, { why: error.message }));
  }
}

const list = document.getElementById("proof-steps");
const field = document.getElementById("proof-position");
const positionOf = () => (/^[1-9]\d{0,14}$/.test(field.value.trim()) ? Number(field.value.trim()) : null);

document.getElementById("proof").addEventListener("submit", (event) => { event.preventDefault(); check(list, positionOf()); });
document.getElementById("forget").addEventListener("click", () => {
  for (const name of Object.keys(localStorage)) if (name.startsWith("checkpoint ")) localStorage.removeItem(name);
  check(list, positionOf());
});
if (place.dataset.sealed) check(list, positionOf());
