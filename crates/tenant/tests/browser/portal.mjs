// Drives the portal in a real browser: sign-in, a new password, a location and a licence, with data that tries to be markup.
// Arguments: the server's URL, the administrator's name, and the name of the user to license. The password comes on stdin.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { chromium } = createRequire(process.env.SAMESIGN_NODE_PACKAGES + "/")("playwright-core");
const [url, upn, person] = process.argv.slice(2);
const password = readFileSync(0, "utf8");

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.SAMESIGN_CHROMIUM, args: ["--no-sandbox", ...quiet] });
// The tenant's own authority is no matter of this test; the other tests check certificates.
const context = await browser.newContext({ ignoreHTTPSErrors: true });
const page = await context.newPage();
const complaints = [];
const foreign = [];
page.on("console", (message) => complaints.push(message.text()));
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("dialog", (dialog) => { complaints.push("a script ran: " + dialog.message()); return dialog.dismiss(); });
page.on("request", (request) => { if (!request.url().startsWith(url)) foreign.push(request.url()); });

await page.goto(url + "/portal");
await page.fill("#upn", upn);
await page.fill("#password", password);
await page.click("main button");
await page.fill("#new", "Correct-Horse-7");
await page.fill("#again", "Correct-Horse-7");
await page.click("main button");
await page.waitForSelector("text=Your password was changed.");

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

const wide = {};
for (const path of ["/portal/users", "/portal/synchronization", "/portal/licences", "/portal/domains", new URL(page.url()).pathname]) {
  await page.goto(url + path);
  for (const width of [360, 400, 800, 1400]) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) wide[path + " at " + width] = over;
  }
}
await page.click("text=Sign out");
await page.waitForSelector("text=For administrators of this tenant.");
const cookies = (await context.cookies()).map((cookie) => cookie.name);
await browser.close();
console.log(JSON.stringify({ heading, complaints, foreign, wide, cookies }));
