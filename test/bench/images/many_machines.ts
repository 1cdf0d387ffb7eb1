import { Buffer } from "node:buffer";

/**
 * Clients that fetch one file at once and compare every byte: `URL REFERENCE CLIENTS`. Prints how many
 * got all of it, right.
 */
const [url = "", reference = "", clients = ""] = Deno.args;
const expected = Buffer.from(await Deno.readFile(reference));

async function fetchOne(): Promise<boolean> {
  const response = await fetch(url);
  let at = 0;
  for await (const chunk of response.body ?? []) {
    if (expected.compare(chunk, 0, chunk.length, at, at + chunk.length) !== 0) return false;
    at += chunk.length;
  }
  return at === expected.length;
}

const outcomes = await Promise.all(
  Array.from({ length: Number(clients) }, () =>
    fetchOne().catch((error) => {
      console.error(String(error));
      return false;
    })),
);
console.log(JSON.stringify({ right: outcomes.filter((isRight) => isRight).length }));
