// Signs people in on the tenant's page in Chromium, each in a window of its own, and prints how each one ended as JSON:
// the name that "My account" shows, or what the page says instead.
// Standard input: {"url", "people": [[upn, password], ...]}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { chromium } = createRequire(process.env.PACKAGES + "/")("playwright-core");
const asked = JSON.parse(readFileSync(0, "utf8"));
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", ...quiet] });
const endings = [];
for (const [upn, password] of asked.people) {
  // The tenant's own authority is no matter of this test: MSAL checks it.
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(asked.url + "/account");
  await page.fill("#upn", upn);
  await page.click("main form button");
  await page.fill("#password", password);
  await page.click("main form button");
  await page.waitForLoadState();
  const text = await page.textContent("main");
  endings.push(page.url().endsWith("/account") && text.includes(upn) && text.includes("Synced with Active Directory") ? upn : text.replace(/\s+/g, " ").trim());
  await context.close();
}
await browser.close();
console.log(JSON.stringify(endings));
