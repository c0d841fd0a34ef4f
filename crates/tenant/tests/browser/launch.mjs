// A browser for the tests: collects what it complains about and what it loads from elsewhere, measures pages, takes pictures.
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";

const { chromium } = createRequire(process.env.SAMESIGN_NODE_PACKAGES + "/")("playwright-core");
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const widths = [360, 400, 800, 1400];
// Where to put pictures of every page, for people to look at; none are taken without it.
const pictures = process.env.SAMESIGN_PICTURES;

export async function launch() {
  return chromium.launch({ executablePath: process.env.SAMESIGN_CHROMIUM, args: ["--no-sandbox", ...quiet] });
}

// A window of its own cookies. `own`: the beginnings of addresses that it may load from.
export async function openWindow(browser, own, seen) {
  // The tenant's own authority is no matter of these tests; others check certificates.
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.on("console", (message) => {
    // That an answer was a refusal is what some steps are about; and a script may type before the page has put the cursor in its field.
    const expected = ["Failed to load resource", "Autofocus processing was blocked"];
    if (!expected.some((start) => message.text().startsWith(start))) seen.complaints.push(message.text());
  });
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("dialog", (dialog) => { seen.complaints.push("a script ran: " + dialog.message()); return dialog.dismiss(); });
  page.on("request", (request) => { if (!own.some((start) => request.url().startsWith(start))) seen.foreign.push(request.url()); });
  return { context, page };
}

// Measures the page that is shown in every width, and takes its pictures, light and dark.
export async function look(page, name, seen) {
  for (const width of widths) {
    await page.setViewportSize({ width, height: 900 });
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) seen.wide[name + " at " + width] = over;
    if (!pictures || (width !== 400 && width !== 1400)) continue;
    mkdirSync(pictures, { recursive: true });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${pictures}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
}

// What a page lacks for people who do not see it, or use no mouse.
export async function reach(page, name, seen) {
  const lacks = await page.evaluate(() => {
    const lacks = [];
    for (const field of document.querySelectorAll("input:not([type=hidden]):not([aria-hidden]), select"))
      if (!field.labels?.length && !field.getAttribute("aria-label")) lacks.push("no label: " + field.outerHTML);
    for (const image of document.querySelectorAll("img:not([alt])")) lacks.push("no alt: " + image.outerHTML);
    if (document.querySelectorAll("h1").length !== 1) lacks.push("not one h1");
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    if (new Set(ids).size !== ids.length) lacks.push("an id twice: " + ids.join(" "));
    return lacks;
  });
  if (lacks.length) seen.unreachable[name] = lacks;
}
