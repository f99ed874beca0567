// The way in.
import { html, nothing } from "./lib/lit-html.js";
import * as api from "./api.js";
import { update } from "./app.js";
import { plain } from "./text.js";

export class SignIn {
  onDone = () => {};
  #text = "";
  #error = null;
  #busy = false;

  /** What to tell before the form. */
  say(text) {
    this.#text = text;
    this.#error = null;
  }

  async #submit(e) {
    e.preventDefault();
    const form = new FormData(e.target);
    this.#busy = true;
    this.#error = null;
    update();
    try {
      await api.signIn(form.get("username"), form.get("password"));
      this.#text = "";
      this.onDone();
    } catch (error) {
      this.#error = error;
      document.querySelector("input[name=password]").select();
    } finally {
      this.#busy = false;
      update();
    }
  }

  content() {
    return html`<form class="sign-in" @submit=${(e) => this.#submit(e)}>
      <img src="icon.svg" alt="" width="48" height="48">
      <h1>Nightjar</h1>
      <p class="faint">Why did it go away?</p>
      ${this.#text ? html`<p class="banner" role="status">${this.#text}</p>` : nothing}
      <label><span>Username</span>
        <input name="username" autocomplete="username" required autofocus autocapitalize="none" spellcheck="false"></label>
      <label><span>Password</span>
        <input name="password" type="password" autocomplete="current-password" required></label>
      ${this.#error ? html`<p class="field-error" role="alert">${plain(this.#error.message)}</p>` : nothing}
      <button type="submit" class="primary" ?disabled=${this.#busy}>${this.#busy ? "Signing in\u2026" : "Sign in"}</button>
      <p class="faint small">The first start of a node shows the password of user <code>admin</code> once.</p>
    </form>`;
  }
}
