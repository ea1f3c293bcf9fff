/**
 * Signing in at any OpenID Connect provider: discovery, authorization code, PKCE. What comes back lives in this window's
 * sessionStorage. A second sign-in happens in a small window, so that files that wait to be sent are not lost.
 */

const SESSION = "takeback-session";
const ASKED = "takeback-sign-in";
const CHANNEL = "takeback-sign-in";
const IN_WINDOW = "w.";
const EARLY_MS = 20_000;

export class SignIn {
  /** @type {Promise<string | null> | null} the renewal that is under way */
  #renewal = null;

  /** @param {{issuer: string, client_id: string, scopes: string}} oidc */
  constructor(oidc) {
    this.oidc = oidc;
    this.address = `${location.origin}/`;
  }

  /** The token of this window, null when there is none or it has run out. */
  get token() {
    const session = this.session;
    return session && session.expires_at - EARLY_MS > Date.now() ? session.access_token : null;
  }

  /** @returns {{access_token: string, refresh_token?: string, id_token?: string, expires_at: number} | null} */
  get session() {
    return JSON.parse(sessionStorage.getItem(SESSION) ?? "null");
  }

  /** Who is signed in, for the eye only. */
  get name() {
    const { id_token, access_token } = this.session ?? {};
    const claims = { ...claimsOf(access_token), ...claimsOf(id_token) };
    return claims.name ?? claims.email ?? claims.preferred_username ?? claims.username ?? "";
  }

  /** The session was refused: it is of no use any more. */
  forget() {
    const { refresh_token, id_token } = this.session ?? {};
    if (refresh_token) keep({ access_token: "", refresh_token, id_token, expires_in: 0 });
    else sessionStorage.removeItem(SESSION);
  }

  /** Another token without bothering anyone, the same for all who ask meanwhile: a refresh token may work only once. Null when it needs a person. */
  silently() {
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renew() {
    const { refresh_token, id_token } = this.session ?? {};
    if (!refresh_token) return null;
    try {
      return keep({ refresh_token, id_token, ...(await this.#exchange({ grant_type: "refresh_token", refresh_token })) });
    } catch {
      return null;
    }
  }

  /** Leave for the provider; the address of now is found again on return. */
  async leave() {
    location.assign(await this.#begin(""));
  }

  /** Sign in within a small window; call it from a click. Falls back to leaving. @returns {Promise<string | null>} */
  async inWindow() {
    const small = window.open("", "takeback-sign-in", "popup,width=480,height=680");
    if (!small) {
      await this.leave();
      return null;
    }
    small.location.href = await this.#begin(IN_WINDOW);
    const channel = new BroadcastChannel(CHANNEL);
    try {
      const answer = await new Promise((resolve) => {
        channel.onmessage = ({ data }) => resolve(data);
        const watch = setInterval(() => small.closed && (clearInterval(watch), setTimeout(() => resolve(null), 500)), 300);
      });
      return answer && (await this.#redeem(answer));
    } finally {
      channel.close();
    }
  }

  /** On load: are we back from the provider? Puts the address right. @returns {Promise<boolean>} false: nothing more to do in this window */
  async returned() {
    const answer = Object.fromEntries(new URLSearchParams(location.search));
    if (!answer.state) return true;
    if (answer.state.startsWith(IN_WINDOW)) {
      new BroadcastChannel(CHANNEL).postMessage(answer);
      window.close();
      return false;
    }
    const { place = "" } = JSON.parse(sessionStorage.getItem(ASKED) ?? "{}");
    history.replaceState(null, "", `/${place}`);
    await this.#redeem(answer);
    return true;
  }

  /** Forget the session here and at the provider. */
  async leaveForGood() {
    sessionStorage.clear();
    const { end_session_endpoint: end } = await this.#discover().catch(() => ({}));
    if (!end) return location.assign("/");
    const back = { client_id: this.oidc.client_id, post_logout_redirect_uri: this.address, logout_uri: this.address };
    location.assign(`${end}?${new URLSearchParams(back)}`);
  }

  async #discover() {
    const answer = await fetch(`${this.oidc.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
    if (!answer.ok) throw new Error("The sign-in service does not answer. Try again in a minute.");
    return answer.json();
  }

  /** @param {string} kind */
  async #begin(kind) {
    const { authorization_endpoint } = await this.#discover();
    const state = kind + random();
    const verifier = random() + random();
    sessionStorage.setItem(ASKED, JSON.stringify({ state, verifier, place: location.hash }));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const asked = {
      response_type: "code",
      client_id: this.oidc.client_id,
      redirect_uri: this.address,
      scope: this.oidc.scopes,
      state,
      code_challenge: base64url(new Uint8Array(digest)),
      code_challenge_method: "S256",
    };
    return `${authorization_endpoint}?${new URLSearchParams(asked)}`;
  }

  /** @param {Record<string, string>} answer */
  async #redeem(answer) {
    const asked = JSON.parse(sessionStorage.getItem(ASKED) ?? "null");
    sessionStorage.removeItem(ASKED);
    if (answer.error) throw new Error(answer.error_description ?? "You were not signed in.");
    if (!asked || asked.state !== answer.state) throw new Error("This sign-in was not begun here. Try again.");
    const redeemed = await this.#exchange({ grant_type: "authorization_code", code: answer.code, redirect_uri: this.address, code_verifier: asked.verifier });
    return keep(redeemed);
  }

  /** @param {Record<string, string>} grant */
  async #exchange(grant) {
    const { token_endpoint } = await this.#discover();
    const answer = await fetch(token_endpoint, { method: "POST", body: new URLSearchParams({ client_id: this.oidc.client_id, ...grant }) });
    if (!answer.ok) throw new Error("The sign-in was refused. Try again.");
    return answer.json();
  }
}

/** @param {any} tokens @returns {string} the access token */
function keep({ access_token, refresh_token, id_token, expires_in = 3600 }) {
  const expires_at = Date.now() + expires_in * 1000;
  sessionStorage.setItem(SESSION, JSON.stringify({ access_token, refresh_token, id_token, expires_at }));
  return access_token;
}

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** @param {string | undefined} token */
function claimsOf(token) {
  try {
    const text = atob(/** @type {string} */ (token).split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
  } catch {
    return {};
  }
}
