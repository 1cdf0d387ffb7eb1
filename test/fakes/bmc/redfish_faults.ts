/** What a simulated BMC can do wrong. */
export type RedfishFault =
  | { readonly kind: "slow"; readonly ms: number } // then answers as usual
  | { readonly kind: "silent" } // takes the request and says nothing
  | { readonly kind: "drip" } // a byte now and then: slow loris
  | { readonly kind: "huge"; readonly bytes: number; readonly isAnnounced: boolean }
  | { readonly kind: "redirect"; readonly to: string }
  | { readonly kind: "pages" } // collections without an end
  | { readonly kind: "garbage" } // neither JSON nor UTF-8
  | { readonly kind: "nested" } // brackets only, a million deep
  | { readonly kind: "status"; readonly status: number };

const DRIP_MS = 50;
const HUGE_PIECE = new Uint8Array(65536).fill(0x20);

/** The answer in place of the usual one; undefined: the usual one after all. */
export async function faultAnswer(
  fault: RedfishFault,
  url: URL,
  signal: AbortSignal,
): Promise<Response | undefined> {
  switch (fault.kind) {
    case "slow":
      await pause(fault.ms, signal);
      return undefined;
    case "silent":
      await pause(600_000, signal);
      return undefined;
    case "drip":
      return new Response(endless(() => Uint8Array.of(0x20), DRIP_MS), { headers: JSON_TYPE });
    case "huge":
      return huge(fault);
    case "redirect":
      return new Response(null, { status: 307, headers: { location: fault.to } });
    case "pages":
      return endlessPage(url);
    case "garbage":
      return new Response(Uint8Array.from([0x7b, 0xff, 0xfe, 0x00, 0x22]), { headers: JSON_TYPE });
    case "nested":
      return new Response("[".repeat(1_000_000), { headers: JSON_TYPE });
    case "status":
      return new Response("", { status: fault.status });
  }
}

const JSON_TYPE = { "content-type": "application/json" };

function huge({ bytes, isAnnounced }: { bytes: number; isAnnounced: boolean }): Response {
  let left = bytes;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = HUGE_PIECE.subarray(0, Math.min(left, HUGE_PIECE.length));
      left -= piece.length;
      if (piece.length > 0) controller.enqueue(piece);
      else controller.close();
    },
  });
  const length: Record<string, string> = isAnnounced ? { "content-length": String(bytes) } : {};
  return new Response(body, { headers: { ...JSON_TYPE, ...length } });
}

/** Only the systems go on and on: everything before them is as usual. */
function endlessPage(url: URL): Response | undefined {
  if (!/\/Systems\/?$/.test(url.pathname)) return undefined;
  const page = Number(url.searchParams.get("page") ?? 0);
  return Response.json({
    Members: [{ "@odata.id": `/redfish/v1/Systems/${page}` }],
    "Members@odata.nextLink": `${url.pathname}?page=${page + 1}`,
  });
}

function endless(piece: () => Uint8Array, everyMs: number): ReadableStream<Uint8Array> {
  let timer: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream({
    start(controller) {
      timer = setInterval(() => controller.enqueue(piece()), everyMs);
    },
    cancel() {
      clearInterval(timer);
    },
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
