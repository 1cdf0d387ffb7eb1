import { OtherServersWatch } from "@/rack-agent/services/dhcp/other_servers_watch.ts";

/** The watch for other DHCP servers alone, as a program: `INTERFACE OWN_ADDRESS`. SIGTERM ends it. */
const [interfaceName = "", own = ""] = Deno.args;
const write = (line: object) => console.log(JSON.stringify(line));

const watch = new OtherServersWatch({
  log: (event, fields) => write({ event, ...fields }),
  ownAddresses: () => new Set([own]),
  random32: () => 0x5eed,
  onAlarm: (alarm) => write({ event: "alarm", ...alarm }),
  everyMs: 100,
});
watch.applyInterfaces([interfaceName]);
await watch.start();
write({ event: "ready" });
Deno.addSignalListener("SIGTERM", async () => {
  await watch.stop();
  write({ event: "stopped" });
});
