// The story of a cloud account in a real browser: an administrator makes it, its owner signs in with the one-time password on the way
// from an application, chooses another, lets a device in, changes the password, is reset, is blocked, guesses too often.
// Arguments: the server's URL, the administrator's name, the client id of an application on this machine.
// On stdin: the administrator's password.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { launch, look, openWindow, reach } from "./launch.mjs";

const [url, administrator, client] = process.argv.slice(2);
const handedOut = readFileSync(0, "utf8");
const seen = { complaints: [], foreign: [], wide: {}, unreachable: {} };
const authority = url + "/contoso.onmicrosoft.com/oauth2/v2.0";

// The application: takes the code, redeems it, greets its user.
const verifier = randomBytes(32).toString("base64url");
const told = [];
const application = createServer(async (request, response) => {
  let body = "";
  for await (const part of request) body += part;
  const asked = new URL(request.url, "http://localhost");
  if (asked.pathname === "/favicon.ico") return response.writeHead(404).end();
  const given = Object.fromEntries(request.method === "POST" ? new URLSearchParams(body) : asked.searchParams);
  const form = { client_id: client, grant_type: "authorization_code", code: given.code, redirect_uri: callback, code_verifier: verifier, scope: "openid profile" };
  const tokens = given.code ? await (await fetch(authority + "/token", { method: "POST", body: new URLSearchParams(form) })).json() : {};
  const claims = tokens.id_token ? JSON.parse(Buffer.from(tokens.id_token.split(".")[1], "base64url")) : {};
  told.push({ method: request.method, state: given.state, error: given.error ?? tokens.error_description, name: claims.preferred_username, nonce: claims.nonce });
  idToken = tokens.id_token;
  response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>App</title><h1>Hello from the application</h1>");
});
let idToken;
await new Promise((ready) => application.listen(0, "127.0.0.1", ready));
const callback = `http://localhost:${application.address().port}`;
function link(more) {
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const usual = { client_id: client, redirect_uri: callback, response_type: "code", scope: "openid profile", state: "s", nonce: "n", code_challenge: challenge, code_challenge_method: "S256" };
  return authority + "/authorize?" + new URLSearchParams({ ...usual, ...more });
}

const browser = await launch();
const own = [url, callback];
const { page: admin } = await openWindow(browser, own, seen);
const { context, page } = await openWindow(browser, own, seen);
const arrived = () => page.waitForSelector("text=Hello from the application");
async function show(view, name) {
  await look(view, name, seen);
  await reach(view, name, seen);
}
async function next(view, fields) {
  for (const [id, value] of Object.entries(fields)) await view.fill("#" + id, value);
  await view.click("main form button");
}
async function signIn(view, upn, password) {
  await next(view, { upn });
  await next(view, { password });
}
const ana = "ana@contoso.example";

// An administrator makes the account.
await admin.goto(url + "/portal");
await signIn(admin, administrator, handedOut);
await next(admin, { new: "Correct-Horse-7", again: "Correct-Horse-7" });
await admin.goto(url + "/portal/users/new");
await admin.selectOption("#domain", "contoso.example");
await admin.selectOption("#licence", "ENTERPRISEPACK");
await next(admin, { display_name: "Ana Ruiz", alias: "ana", location: "es" });
const oneTime = await admin.textContent(".secret");
await show(admin, "portal-user-added");

// First sign-in, with the keyboard alone, on the way from the application; the password is replaced.
await page.goto(link({}));
await page.waitForSelector("#upn");
await show(page, "name");
await page.keyboard.type(ana);
await page.keyboard.press("Enter");
await page.waitForSelector("#password");
await show(page, "password");
await page.keyboard.type("wrong");
await page.keyboard.press("Enter");
await page.waitForSelector("text=The name or the password is wrong.");
await show(page, "password-wrong");
await page.keyboard.type(oneTime);
await page.keyboard.press("Enter");
await page.waitForSelector("#new");
await show(page, "change");
await page.keyboard.type("Battery-Staple-1");
await page.keyboard.press("Tab");
await page.keyboard.type("Battery-Staple-1");
await page.keyboard.press("Enter");
await arrived();

// Signed in once: the next request is through without asking, in each way of answering.
await page.goto(link({ response_mode: "form_post", state: "posted" }));
await arrived();
await page.goto(link({ prompt: "select_account" }));
await show(page, "choose");
await page.click("text=Ana Ruiz");
await arrived();

// My account, and the password changed there.
await page.goto(url);
await page.waitForSelector("h1:has-text('Ana Ruiz')");
await show(page, "account");
await page.click("text=Change the password");
await show(page, "account-password");
await next(page, { current: "Battery-Staple-1", new: "Winter-Garden-9", again: "Winter-Garden-9" });
await page.waitForSelector("text=Your password was changed.");

// A device is let in.
const device = await (await fetch(authority + "/devicecode", { method: "POST", body: new URLSearchParams({ client_id: client, scope: "openid profile" }) })).json();
await page.goto(url + "/devicelogin");
await show(page, "device");
await next(page, { user_code: device.user_code });
await page.waitForSelector("text=Yes, let it in");
await show(page, "device-confirm");
await page.click("text=Yes, let it in");
await page.waitForSelector("text=The device is signed in");
await show(page, "device-done");
const grant = { client_id: client, grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: device.device_code };
const deviceTokens = await (await fetch(authority + "/token", { method: "POST", body: new URLSearchParams(grant) })).json();

// Sign-out: asked without proof of who is there, and back to the application.
await page.goto(authority + "/logout?" + new URLSearchParams({ post_logout_redirect_uri: callback, client_id: client }));
await page.waitForSelector("text=Sign out?");
await show(page, "sign-out");
await page.click("main form button");
await arrived();
await page.goto(url + "/account");
await page.waitForSelector("#upn");

// Reset, and blocked.
await admin.goto(url + "/portal/users?q=ana");
await admin.click("tbody th a");
await admin.click("text=Reset the password");
const second = await admin.textContent(".secret");
await show(admin, "portal-password-reset");
await admin.click("main a");
await admin.click("text=Block sign-in");
await admin.waitForSelector("text=Sign-in is blocked.");
await show(admin, "portal-user-blocked");
await signIn(page, ana, second);
await page.waitForSelector("text=may not sign in at present");
await admin.click("text=Allow sign-in");
await admin.waitForSelector("text=The user may sign in again.");
await next(page, { password: second });
await page.waitForSelector("text=Choose a new password");

// Guessing has to wait. The owner is not signed in here any more.
const { page: stranger } = await openWindow(browser, own, seen);
await stranger.goto(url + "/sign-in");
await next(stranger, { upn: "bob@contoso.example" });
for (let number = 0; number < 11; number++) await next(stranger, { password: "guess " + number });
await stranger.waitForSelector("text=Too many wrong passwords were tried for this account. Try again in");
await show(stranger, "locked");

await admin.goto(url + "/portal/sign-ins");
await show(admin, "portal-sign-ins");
const log = await admin.locator("tbody tr").count();
await stranger.goto(link({ redirect_uri: "https://evil.example/" }));
await stranger.waitForSelector("text=AADSTS50011");
await show(stranger, "rejected");
await stranger.goto(url + "/portal");
await stranger.waitForSelector("#upn");

const cookies = (await context.cookies()).map(({ name, secure, httpOnly, sameSite, path, domain }) => ({ name, secure, httpOnly, sameSite, path, domain }));
await browser.close();
application.close();
console.log(JSON.stringify({ told, device: typeof deviceTokens.access_token, deviceError: deviceTokens.error_description, log, cookies, ...seen }));
