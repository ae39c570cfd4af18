/* The session is over while a page is open: nothing that was typed is lost. One signs in again in another tab, comes
   back, and goes on with the tokens of the new session; as somebody else one begins anew. */

const meta = (name) => document.querySelector(`meta[name="${name}"]`);
let waiting = null, declined = false;

export const isBox = (field) => field.matches('[type="checkbox"], [type="radio"]');
const first = (select) => [...select.options].find((each) => each.defaultSelected) ?? select.options[0];

/* Whether a field was changed. */
export const differs = (field) =>
  field.matches("select") ? Boolean(first(field)) && !first(field).selected
  : isBox(field) ? field.checked !== field.defaultChecked
  : field.value !== field.defaultValue;

/* Whether there is a session again, of the same member: then every form has its token. */
async function renewed() {
  const answer = await fetch("/console/session", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return false;
  const { member, csrf } = await answer.json();
  if (member !== meta("kams-member").content) return location.reload(), false;
  meta("csrf-token").content = csrf;
  for (const field of document.querySelectorAll('input[name="_csrf"]')) field.value = csrf;
  return true;
}

/* Whether a form that was refused has another token now, since one signed in anew in another tab. */
export async function tokenRenewed() {
  const before = meta("csrf-token").content;
  return (await renewed()) && meta("csrf-token").content !== before;
}

/* Whether nobody is signed in any more. */
export const signedOut = () => fetch("/console/session", { headers: { Accept: "application/json" } }).then((answer) => answer.status === 401, () => false);

/* Ask to sign in again; true once that is done, false where one goes on without. Who went on without is asked again when he
   pressed something, and not by what the page does of itself. */
export function signInAgain({ pressed = true } = {}) {
  if (declined && !pressed) return Promise.resolve(false);
  waiting ??= new Promise((done) => {
    const dialog = document.getElementById("signed-out");
    const end = (signedIn) => {
      waiting = null;
      declined = !signedIn;
      dialog.removeEventListener("close", closed);
      removeEventListener("focus", look);
      if (dialog.open) dialog.close();
      done(signedIn);
    };
    const look = async () => { if (await renewed()) end(true); };
    const closed = async () => end(dialog.returnValue === "go-on" && (await renewed()));
    dialog.returnValue = "";
    dialog.addEventListener("close", closed);
    addEventListener("focus", look);
    dialog.showModal();
  });
  return waiting;
}

/* To the page for signing in, from where one comes back to this one: nothing is lost, for nothing was typed. */
export function leave() {
  location.reload();
  return new Promise(() => {});
}

/* Whether something was typed that would be lost with the page: what was refused stands there as if nobody had. */
const TYPED_IN = ["main form:not(#time, [data-finds])", "#panel form"];
export const typed = () => TYPED_IN.some((form) => document.querySelector(`${form} :is(.fault, [data-fault])`) || [...document.querySelectorAll(`${form} :is(input:not([type=hidden]), textarea, select)`)].some(differs));
