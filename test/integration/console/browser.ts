import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Debian's and Ubuntu's; the package is in `test/run/test_packages.ts`. */
const CHROMIUM = "/usr/bin/chromium";
/** For one wait: half of what `patience.ts` gives a test. */
const WAIT_MS_MAX = 60_000;

export interface ConsoleBrowser {
  /** A window of its own, with cookies of its own. */
  open(options?: WindowOptions): Promise<ConsoleWindow>;
  close(): Promise<void>;
}

export interface WindowOptions {
  readonly theme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

export interface ConsoleWindow {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained of: refused by its policy, thrown, or failed to load. */
  readonly complaints: string[];
}

/** A real browser without a screen. */
export async function startBrowser(): Promise<ConsoleBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    // As root there is no sandbox; the pages are our own.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  return {
    async open({ theme = "light", width = 1280, height = 800 } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        reducedMotion: "reduce",
      });
      context.setDefaultTimeout(WAIT_MS_MAX);
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      return { page, context, complaints };
    },
    close: () => browser.close(),
  };
}

/** Signs in as a person does. */
export async function signIn(
  { page }: ConsoleWindow,
  { url, username, password }: { url: string; username: string; password: string },
): Promise<void> {
  await page.goto(url);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Navigation" }).waitFor();
}
