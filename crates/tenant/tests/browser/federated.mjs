// The pages around a federated domain at which sign-in begins: the way past it for others, the refusal, the sign-out, and the portal's
// page of domains. Arguments: the server's URL, the administrator's name. On stdin: the administrator's password.
import { readFileSync } from "node:fs";
import { launch, look, openWindow, reach } from "./launch.mjs";

const [url, administrator] = process.argv.slice(2);
const handedOut = readFileSync(0, "utf8");
const seen = { complaints: [], foreign: [], wide: {}, unreachable: {}, titles: [] };
const service = "https://sts.fed.example/";

const browser = await launch();
const own = [url, service];
const { page } = await openWindow(browser, own, seen);
// Nothing answers there: that the browser goes is what counts. In a window of its own, which is left at the browser's error page.
async function isSentAway(address) {
  const { context, page } = await openWindow(browser, own, seen);
  const [failed] = await Promise.all([page.waitForEvent("requestfailed"), page.goto(address).catch(() => {})]);
  if (!failed.url().startsWith(service)) throw new Error("not sent to the service: " + failed.url());
  await context.close();
}
async function show(name) {
  seen.titles.push(await page.textContent("h1"));
  await look(page, name, seen);
  await reach(page, name, seen);
}

// The bare address ends at the service; whoever is refused there comes to rest at a page with both ways on.
await isSentAway(url + "/portal");
await page.setContent(`<form method="post" action="${url}/login.srf"><input name="wa" value="wsignin1.0"><button>Send</button></form>`);
await page.click("button");
await page.waitForSelector("text=You were not signed in");
await show("refused");
await page.click("text=Use another account");
await page.waitForSelector("#upn");
await show("name-other");
await isSentAway(url + await page.getAttribute("main .after a", "href"));

// An administrator of another domain.
await page.goto(url + "/sign-in?to=portal&other=1");
await page.fill("#upn", administrator);
await page.click("main form button");
await page.fill("#password", handedOut);
await page.click("main form button");
await page.fill("#new", "Correct-Horse-7");
await page.fill("#again", "Correct-Horse-7");
await page.click("main form button");
await page.goto(url + "/portal/domains");
await show("portal-domains");
await page.click("text=Sign out");
await page.waitForSelector("text=You are signed out");
await show("signed-out");
await browser.close();
console.log(JSON.stringify(seen));
