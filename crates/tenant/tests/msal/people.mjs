// Signs a person in with MSAL for Node in every way that it knows, and prints how each one ended as JSON.
// Standard input: {"url", "tenant", "client_id", "confidential_id", "secret", "upn", "password", "packages"}.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const asked = JSON.parse(readFileSync(0, "utf8"));
const { PublicClientApplication, ConfidentialClientApplication, CryptoProvider } = createRequire(`${asked.packages}/`)("@azure/msal-node");

const redirectUri = "http://localhost:8401";
const scopes = ["User.Read"];
const auth = { authority: `${asked.url}/${asked.tenant}`, knownAuthorities: [new URL(asked.url).host] };
const system = { loggerOptions: { loggerCallback: () => {} } };

const plain = (text) =>
  text.replaceAll("&amp;", "&").replaceAll("&#38;", "&").replaceAll("&#34;", '"').replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&#x27;", "'");

// A browser that fills in forms.
class Browser {
  cookies = new Map();

  async request(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", ...options, headers: { cookie, ...options.headers } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      this.cookies.set(name, value);
    }
    const text = await response.text();
    const onward = text.match(/<a class="button" href="([^"]*)">Continue<\/a>/);
    const next = response.headers.get("location") ?? (onward && plain(onward[1]));
    return next ? this.open(new URL(next, url).href) : text;
  }

  // The page where links and redirections of the tenant end, or the address outside.
  open(url) {
    return url.startsWith(asked.url) ? this.request(url) : url;
  }

  fill(page, fields) {
    const [form, action] = page.slice(page.indexOf("<main")).match(/<form method="post" action="([^"]*)"[\s\S]*?<\/form>/);
    const body = new URLSearchParams(fields);
    for (const [, name, value] of form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)) body.set(name, plain(value));
    return this.request(new URL(plain(action), asked.url).href, { method: "POST", body, headers: { origin: asked.url } });
  }

  signIn(page) {
    return this.fill(page, { upn: asked.upn, password: asked.password });
  }
}

const ending = async (promise) => {
  try {
    const answer = await promise;
    return [answer.account.username, answer.scopes.filter((scope) => scope.toLowerCase().includes("read")), answer.tokenType, answer.fromCache];
  } catch (error) {
    return [error.errorCode, error.errorNo];
  }
};

const me = async (answer) => {
  const response = await fetch(`${asked.url}/v1.0/me`, { headers: { authorization: `Bearer ${answer.accessToken}` } });
  return (await response.json()).userPrincipalName;
};

const byPassword = (app, password) => app.acquireTokenByUsernamePassword({ scopes, username: asked.upn, password });

const app = new PublicClientApplication({ auth: { ...auth, clientId: asked.client_id }, system });
const seen = {};

const answer = await byPassword(app, asked.password);
seen.password = await ending(answer);
seen.me = await me(answer);
seen.wrong = await ending(byPassword(app, "wrong"));

const [account] = await app.getTokenCache().getAllAccounts();
seen.account = account.username;
seen.silent = await ending(app.acquireTokenSilent({ scopes, account }));
seen.refreshed = await ending(app.acquireTokenSilent({ scopes, account, forceRefresh: true }));
seen.again = await ending(app.acquireTokenSilent({ scopes, account, forceRefresh: true }));

const browser = new Browser();
const { verifier, challenge } = await new CryptoProvider().generatePkceCodes();
const pkce = { codeChallenge: challenge, codeChallengeMethod: "S256" };
const address = await app.getAuthCodeUrl({ scopes, redirectUri, state: "s", responseMode: "query", ...pkce });
let page = await browser.fill(await browser.open(address), { upn: asked.upn });
const outside = new URL(await browser.signIn(page));
seen.returned = [outside.origin, outside.searchParams.get("state")];
const byCode = (codeVerifier) => app.acquireTokenByCode({ scopes, redirectUri, code: outside.searchParams.get("code"), codeVerifier });
seen.code = await ending(byCode(verifier));
seen.twice = await ending(byCode(verifier));

const deviceCodeCallback = async ({ verificationUri, userCode }) => {
  const browser = new Browser();
  page = await browser.fill(await browser.open(verificationUri), { user_code: userCode });
  page = await browser.fill(page, { upn: asked.upn });
  page = await browser.signIn(page);
  await browser.fill(page, { answer: "yes" });
};
seen.device = await ending(app.acquireTokenByDeviceCode({ scopes, deviceCodeCallback }));

const confidential = { ...auth, clientId: asked.confidential_id, clientSecret: asked.secret };
seen.confidential = await ending(byPassword(new ConfidentialClientApplication({ auth: confidential, system }), asked.password));
console.log(JSON.stringify(seen));
