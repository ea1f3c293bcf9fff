/** The page around the element: who is signed in, what the address says, the history. */

import "./takeback-importer.js";
import { SignIn } from "./signin.js";

const find = (id) => /** @type {any} */ (document.getElementById(id));
const importer = find("importer");
const imports = find("imports");

/** @param {string} text */
function tell(text) {
  find("trouble").textContent = text;
  find("trouble").hidden = !text;
}

/**
 * Where one element gets its tokens. A refusal ends the session only if it was of the session's token: another element may have renewed it since.
 * @param {SignIn} signIn
 */
function tokens(signIn) {
  /** @type {string | null} */
  let given = null;
  return async ({ expired, interactive }) => {
    if (interactive) given = await signIn.inWindow().catch((error) => (tell(error.message), null));
    else {
      if (expired && given === signIn.token) signIn.forget();
      given = signIn.token ?? (await signIn.silently());
    }
    return given;
  };
}

/** @param {SignIn} signIn */
function opened(signIn) {
  importer.getToken = tokens(signIn);
  importer.place = location.hash.slice(1);
  arrange(!location.hash.slice(1));
  imports.getToken = tokens(signIn);
  find("who").textContent = signIn.name;
  find("sign-out").onclick = () => signIn.leaveForGood();
  document.documentElement.dataset.state = "in";
}

/** The history stands below the start; while a file is worked on, it would only distract. @param {boolean} idle */
function arrange(idle) {
  if (imports.hidden === idle) imports.hidden = !idle;
}

importer.addEventListener("takeback:navigate", ({ detail: { place, replace, idle } }) => {
  arrange(idle);
  if (place !== location.hash.slice(1)) history[replace ? "replaceState" : "pushState"](null, "", place ? `#${place}` : location.pathname);
});
addEventListener("popstate", () => {
  importer.place = location.hash.slice(1);
  arrange(!location.hash.slice(1));
});
imports.addEventListener("takeback:open", ({ detail: { place } }) => {
  location.hash = place;
  scrollTo({ top: 0 });
});

/** A file that misses the drop zone must not replace this page: it is taken as well. */
for (const kind of /** @type {const} */ (["dragover", "drop"])) {
  addEventListener(kind, (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (kind === "drop" && document.documentElement.dataset.state === "in") importer.add([...event.dataTransfer.files]);
  });
}

async function begin() {
  const config = await (await fetch("/config.json")).json();
  const signIn = new SignIn(config.oidc);
  const button = find("sign-in");
  button.onclick = () => signIn.leave().catch(() => tell("The sign-in service does not answer. Check your connection and try again."));
  button.disabled = false;
  try {
    if (!(await signIn.returned())) return;
  } catch (error) {
    tell(/** @type {Error} */ (error).message);
  }
  if (signIn.token ?? (await signIn.silently())) return opened(signIn);
  if (location.hash) tell("Sign in to open this import.");
  document.documentElement.dataset.state = "out";
}

begin().catch(() => {
  document.documentElement.dataset.state = "out";
  tell("This page could not be loaded completely. Check your connection and reload it.");
});
