/** A long task is 50 ms; other work gets its turn well before. */
const TURN_MS = 8;

/** The lines of a body as they come in, giving way to the person's input in between. */
export async function* readLines(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = "";
  let turnMs = performance.now();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (performance.now() - turnMs > TURN_MS) {
          await giveWay();
          turnMs = performance.now();
        }
        if (line !== "") yield line;
      }
    }
    if (rest !== "") yield rest;
  } finally {
    reader.cancel().catch(() => {}); // the rest is not wanted
  }
}

function giveWay(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
