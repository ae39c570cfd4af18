/* The seal, checked by the browser alone: leaves, RFC 9162 inclusion and consistency proofs, signed notes. What comes
   from the server is only ever hashed and compared. Numbers may be larger than 32 bits, so they are halved, not shifted. */
const FRAME = "kams event v1\0";
const UTF8 = new TextEncoder();

export const bytesOf = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
export const hex = (bytes) => Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("");
export const same = (one, other) => one.length === other.length && one.every((each, n) => each === other[n]);

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
export const leafHash = (entry) => sha256(joined(new Uint8Array([0]), entry));
const nodeHash = (left, right) => sha256(joined(new Uint8Array([1]), left, right));

/* A moment as the server writes it, in microseconds since 1970: a Date alone would lose the last three digits. */
export function microseconds(text) {
  const [, whole, fraction = "", zone] = /^(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  return BigInt(Date.parse(whole + zone)) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

function number(bytes, value, signed = false) {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 8) signed ? view.setBigInt64(0, value) : view.setBigUint64(0, value);
  else if (bytes === 4) view.setUint32(0, value);
  else view.setUint16(0, value);
  return new Uint8Array(view.buffer);
}

const uuid = (text) => (text ? Uint8Array.from(text.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16)) : new Uint8Array(16));

/* The bytes of a leaf: position, moment of recording, version, aggregate, command, topic and command digest each after
   its length, the digest of the stored state. */
export function framed(entry) {
  const topic = UTF8.encode(entry.topic);
  const digest = entry.command_digest ? bytesOf(entry.command_digest) : new Uint8Array(0);
  return joined(
    UTF8.encode(FRAME), number(8, BigInt(entry.position)), number(8, microseconds(entry.recorded_at), true),
    number(4, entry.version), uuid(entry.aggregate_id), uuid(entry.command_id),
    number(2, topic.length), topic, number(2, digest.length), digest, bytesOf(entry.state_digest),
  );
}

const odd = (n) => n % 2 === 1;
const half = (n) => Math.floor(n / 2);

/* The root to which an inclusion proof leads (section 2.1.3.2); null for a proof of another shape. */
export async function rootByInclusion(index, size, leaf, proof) {
  if (!(index >= 0 && index < size)) return null;
  let node = leaf, left = index, last = size - 1;
  for (const step of proof) {
    if (last === 0) return null;
    if (odd(left) || left === last) {
      node = await nodeHash(step, node);
      while (!odd(left) && left !== 0) { left = half(left); last = half(last); }
    } else node = await nodeHash(node, step);
    left = half(left);
    last = half(last);
  }
  return last === 0 ? node : null;
}

/* Both roots to which a consistency proof leads (section 2.1.4.2); null for a proof of another shape. */
export async function rootsByConsistency(old, size, oldRoot, proof) {
  if (old === size) return proof.length ? null : { first: oldRoot, second: oldRoot };
  if (!(old > 0 && old < size) || !proof.length) return null;
  const steps = [...proof];
  if (Number.isInteger(Math.log2(old))) steps.unshift(oldRoot);
  let left = old - 1, last = size - 1;
  while (odd(left)) { left = half(left); last = half(last); }
  let first = steps[0], second = steps[0];
  for (const step of steps.slice(1)) {
    if (last === 0) return null;
    if (odd(left) || left === last) {
      first = await nodeHash(step, first);
      second = await nodeHash(step, second);
      while (!odd(left) && left !== 0) { left = half(left); last = half(last); }
    } else second = await nodeHash(second, step);
    left = half(left);
    last = half(last);
  }
  return last === 0 ? { first, second } : null;
}

/* What a signed note says: a checkpoint, and the signatures below it. Throws for what is none. */
export function readNote(note) {
  const gap = note.lastIndexOf("\n\n");
  const text = note.slice(0, gap + 1);
  const [origin, size, root, time] = text.split("\n");
  const signatures = note.slice(gap + 2).split("\n").filter(Boolean).map((line) => {
    const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line);
    const bytes = bytesOf(encoded);
    return { name, id: hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
  });
  if (gap < 0 || !/^\d+$/.test(size) || !signatures.length || bytesOf(root).length !== 32) throw new Error("not a checkpoint");
  return { text, origin, size: Number(size), root: bytesOf(root), at: time.replace(/^time /, ""), signatures };
}

/* Whether a note bears a valid signature of a verifier key (NAME+id+base64): true, false, or null where this browser
   does not know Ed25519. */
export async function signedBy(note, verifier) {
  const [name, id, ...rest] = verifier.split("+");
  const key = bytesOf(rest.join("+"));
  const own = hex((await sha256(joined(UTF8.encode(`${name}\n`), key))).slice(0, 4));
  if (own !== id || key[0] !== 1 || key.length !== 33) return false;
  let imported;
  try { imported = await crypto.subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]); } catch { return null; }
  const { text, signatures } = readNote(note);
  for (const each of signatures) {
    if (each.name === name && each.id === id && await crypto.subtle.verify("Ed25519", imported, each.signature, UTF8.encode(text))) return true;
  }
  return false;
}
