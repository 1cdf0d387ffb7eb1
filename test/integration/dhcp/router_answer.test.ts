import { expect, test } from "vitest";
import { TestNetwork, whyNotHere } from "./network.ts";

const reason = whyNotHere("tcpdump");
if (reason) console.log(`router_answer.test.ts is skipped: ${reason}`);

test.skipIf(reason !== undefined)(
  "a host that asks for a router hears at once that there is none, and takes no route from it",
  async () => {
    const network = await TestNetwork.create();
    try {
      const server = await network.namespace("server");
      const client = await network.namespace("client");
      await network.link({ namespace: server, device: "s0", address: "192.0.2.1/24" }, {
        namespace: client,
        device: "c0",
      });
      const program = new URL("router_answer_program.ts", import.meta.url).pathname;
      const answers = network.start(server, [Deno.execPath(), "run", "-A", program, "s0", "gone0"]);
      // An interface that is not there is told about, and does not keep the others from answers.
      await answers.line(/gone0/);
      await answers.line(/"ready"/);
      const filter = "icmp6 and ip6[40] == 134"; // router advertisements
      const listen = `exec tcpdump -lvni c0 -c 1 "${filter}" 2>&1`;
      const heard = network.start(client, ["sh", "-c", listen]);
      await heard.line(/listening on/);
      // The kernel asks for a router when IPv6 begins anew. A link set down would end the capture.
      const ipv6 = "/proc/sys/net/ipv6/conf/c0/disable_ipv6";
      await network.exec(client, ["sh", "-c", `echo 1 > ${ipv6}; echo 0 > ${ipv6}`]);
      const advertisement = await heard.line(/router lifetime/);
      expect(advertisement).toContain("router lifetime 0s");
      const { stdout } = await network.exec(client, ["ip", "-6", "route", "show", "default"]);
      expect(stdout).toBe("");
      await answers.end("SIGTERM");
      expect(answers.takeLines().join("\n")).toMatch(/"stopped","answered":[1-9]/);
    } finally {
      await network.remove();
    }
  },
  60_000,
);
