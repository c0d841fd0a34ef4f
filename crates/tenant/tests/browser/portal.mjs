// Drives the portal in a real browser: sign-in, a new password, a location and a licence, with data that tries to be markup.
// Arguments: the server's URL, the administrator's name, and the name of the user to license. The password comes on stdin.
import { readFileSync } from "node:fs";
import { launch, look, openWindow, reach } from "./launch.mjs";

const [url, upn, person] = process.argv.slice(2);
const password = readFileSync(0, "utf8");
const seen = { complaints: [], foreign: [], wide: {}, unreachable: {} };
const browser = await launch();
const { context, page } = await openWindow(browser, [url], seen);

await page.goto(url + "/portal");
await page.fill("#upn", upn);
await page.click("main button");
await page.fill("#password", password);
await page.click("main button");
await page.fill("#new", "Correct-Horse-7");
await page.fill("#again", "Correct-Horse-7");
await page.click("main button");
await page.waitForSelector("h1:has-text('Users')");

await page.fill("#q", person);
await page.click("text=Search");
await page.click("tbody th a");
const heading = await page.textContent("h1");
await page.fill("#country", "es");
await page.click("text=Save");
await page.waitForSelector("text=The usage location was saved.");
await page.selectOption("#sku", "ENTERPRISEPACK");
await page.click("button:has-text('Give')");
await page.waitForSelector("text=The licence was given.");

const pages = { users: "/portal/users", "sign-ins": "/portal/sign-ins", synchronization: "/portal/synchronization", licences: "/portal/licences",
  domains: "/portal/domains", add: "/portal/users/new", user: new URL(page.url()).pathname };
for (const [name, path] of Object.entries(pages)) {
  await page.goto(url + path);
  await look(page, "portal-" + name, seen);
  await reach(page, name, seen);
}
await page.click("text=Sign out");
await page.waitForSelector("text=You are signed out");
const cookies = (await context.cookies()).map((cookie) => cookie.name);
await browser.close();
console.log(JSON.stringify({ heading, cookies, ...seen }));
