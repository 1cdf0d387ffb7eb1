import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { workerUserData } from "@/rack-agent/protocol/metadata/worker_py.ts";
import { Inventory } from "@/shared/contract/inventory.ts";

const PYTHON = await new Deno.Command("python3", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

let sys: string;
beforeEach(async () => {
  sys = await Deno.makeTempDir();
});
afterEach(() => Deno.remove(sys, { recursive: true }));

/** A device of a made-up machine: files by name; `driver` and the like are links. */
async function device(bus: "pci" | "usb", address: string, files: Record<string, string>) {
  const path = `${sys}/bus/${bus}/devices/${address}`;
  await Deno.mkdir(path, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    if (name === "driver" || name === "physfn") {
      await Deno.mkdir(`${sys}/drivers/${content}`, { recursive: true });
      await Deno.symlink(`${sys}/drivers/${content}`, `${path}/${name}`);
    } else {
      await Deno.writeTextFile(`${path}/${name}`, content);
    }
  }
}

const PCI_IDS = `# a comment
10de  NVIDIA Corporation
\t20b5  GA100 [A100 PCIe 80GB]
\t\t10de 1533  a subsystem
8086  Intel Corporation
\t1521  I350\tGigabit\u001b[31m Network
C 03  Display controller
\t20b5  not a device
`;

/** What the worker finds on the buses of that machine, as the region would accept it. */
async function collect() {
  await Deno.writeTextFile(`${sys}/pci.ids`, PCI_IDS);
  const job = { purpose: "commission", signalUrl: "", consumerKey: "", tokenKey: "" } as const;
  const [program = ""] = workerUserData({ ...job, tokenSecret: "" }).split("\ndef main():");
  const script = `${program}
SYS, PCI_IDS = ${JSON.stringify(sys)}, (${JSON.stringify(`${sys}/pci.ids`)},)
print(json.dumps({"pciDevices": pci_devices(), "usbDevices": usb_devices()}))
`;
  const child = new Deno.Command("python3", { args: ["-"], stdin: "piped", stdout: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { success, stdout } = await child.output();
  expect(success).toBe(true);
  return Inventory.pick({ pciDevices: true, usbDevices: true })
    .parse(JSON.parse(new TextDecoder().decode(stdout)));
}

describe.skipIf(!PYTHON)("the worker's look at the buses", () => {
  test("finds what PCI devices are, whose, and what drives them", async () => {
    const gpu = { vendor: "0x10de\n", device: "0x20b5\n", class: "0x030200\n", numa_node: "1\n" };
    await device("pci", "0000:3b:00.0", { ...gpu, driver: "nvidia" });
    const card = { vendor: "0x8086", device: "0x1521", class: "0x020000", numa_node: "-1" };
    await device("pci", "0000:01:00.0", card);
    await device("pci", "0000:01:10.0", { ...card, physfn: "0000:01:00.0" });
    await device("pci", "0000:00:00.0", { vendor: "0x1234", device: "0x0001" });
    expect((await collect()).pciDevices).toEqual([
      { address: "0000:00:00.0", vendor: "1234", product: "0001" },
      {
        address: "0000:01:00.0",
        vendor: "8086",
        product: "1521",
        class: "020000",
        vendorName: "Intel Corporation",
        productName: "I350 Gigabit [31m Network",
      },
      {
        address: "0000:3b:00.0",
        vendor: "10de",
        product: "20b5",
        class: "030200",
        driver: "nvidia",
        numaNode: 1,
        vendorName: "NVIDIA Corporation",
        productName: "GA100 [A100 PCIe 80GB]",
      },
    ]);
  });

  test("finds USB devices by what they say of themselves, and neither hubs nor interfaces", async () => {
    const key = { idVendor: "0951", idProduct: "1666", bDeviceClass: "00" };
    await device("usb", "1-1.4", { ...key, manufacturer: "Kingston\n", product: "DataTraveler\n" });
    await device("usb", "1-1.4/1-1.4:1.0", { driver: "usb-storage" });
    await device("usb", "1-1.4:1.0", { bInterfaceClass: "08" });
    await device("usb", "usb1", { idVendor: "1d6b", idProduct: "0002", bDeviceClass: "09" });
    expect((await collect()).usbDevices).toEqual([{
      address: "1-1.4",
      vendor: "0951",
      product: "1666",
      name: "Kingston DataTraveler",
      driver: "usb-storage",
    }]);
  });

  test("leaves out what makes no sense, and cuts what is too long or too much", async () => {
    const noise = String.fromCharCode(0, 27, 0x202e) + "x".repeat(5000);
    await device("pci", "0000:00:01.0", { vendor: "0xzzzz", device: "0x0001" });
    await device("pci", "0000:00:02.0", { vendor: "", device: "0x0001" });
    await device("pci", "0000:00:03.0", { vendor: "0x8086" });
    await device("pci", "0000:00:04.0", { vendor: "0x8086", device: "0x1", class: "0x03" });
    const odd = { vendor: "0x8086", device: "0xFFFF", class: noise, numa_node: noise };
    await device("pci", "0000:00:05.0", odd);
    const key = { idVendor: "0951", idProduct: "1666" };
    await device("usb", "1-1", { ...key, manufacturer: noise, product: noise });
    for (let i = 0; i < 300; i++) await device("usb", `2-${i}`, key);
    const { pciDevices, usbDevices } = await collect();
    expect(pciDevices).toEqual([{
      address: "0000:00:05.0",
      vendor: "8086",
      product: "ffff",
      vendorName: "Intel Corporation",
    }]);
    expect(usbDevices).toHaveLength(256);
    expect(usbDevices?.[0]?.name).toBe("x".repeat(256));
  });

  test("finds nothing in a machine without buses", async () => {
    expect(await collect()).toEqual({ pciDevices: [], usbDevices: [] });
  });
});
