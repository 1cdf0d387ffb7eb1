import { systemClock } from "@/rack-agent/runtime/clock.ts";
import { RouterAnswerService } from "@/rack-agent/services/router_answer_service.ts";

/** The router answers alone, as a program: `INTERFACE…`. Writes one JSON object a line; SIGTERM ends it. */
const write = (line: object) => console.log(JSON.stringify(line));
const log = (event: string, fields?: object) => write({ event, ...fields });
const service = new RouterAnswerService({ clock: systemClock, log });
service.applyInterfaces(Deno.args);
await service.start();
await service.stop(); // stops and starts again with nothing left open
await service.start();
write({ event: "ready" });
Deno.addSignalListener("SIGTERM", async () => {
  await service.stop();
  write({ event: "stopped", ...service.counters });
});
