import { expect, test } from "vitest";
import type { Firmware } from "./options.ts";
import { planMachine, qemuArguments } from "./virtual_machine.ts";

const plan = (number: number, machines: number, firmware: Firmware = "bios", disks = 1) =>
  planMachine({ name: "lab", number, machines, firmware, disks, bmc: "ipmi", password: "secret" });

test("machines differ in everything that must be unique", () => {
  const [first, second] = [plan(1, 2), plan(2, 2)];
  expect(first.mac).toBe("52:54:00:77:00:01");
  expect(second.mac).toBe("52:54:00:77:00:02");
  expect(first.uuid).not.toBe(second.uuid);
  expect(first.bmc.address).not.toBe(second.bmc.address);
  expect(first.bmc.inbandPort).not.toBe(second.bmc.inbandPort);
});

test("a machine alone has two cores, among others one", () => {
  expect(plan(1, 1).cores).toBe(2);
  expect(plan(1, 2).cores).toBe(1);
});

test("the boot order is what the firmware reads from bootindex", () => {
  const indexes = (first: "network" | "disk") =>
    qemuArguments(plan(1, 1), first).join(" ").match(/(virtio-net|virtio-blk).*?bootindex=\d/g)
      ?.map((device) => device.slice(0, 10) + device.slice(-1));
  expect(indexes("network")).toEqual(["virtio-net1", "virtio-blk2"]);
  expect(indexes("disk")).toEqual(["virtio-net2", "virtio-blk1"]);
});

test("each disk has a file and a serial of its own, and the firmware boots from the first", () => {
  const args = qemuArguments(plan(1, 1, "bios", 3), "disk").join(" ");
  expect(args.match(/file=disk\d\.raw/g)).toEqual([1, 2, 3].map((n) => `file=disk${n}.raw`));
  expect(args.match(/serial=rw-lab-1-\d\S*/g)).toEqual([
    "serial=rw-lab-1-1,bootindex=1",
    "serial=rw-lab-1-2",
    "serial=rw-lab-1-3",
  ]);
});

test("only a UEFI machine gets UEFI's code, and variables of its own", () => {
  expect(qemuArguments(plan(1, 1), "network").join(" ")).not.toContain("pflash");
  const uefi = qemuArguments(plan(1, 1, "uefi"), "network").join(" ");
  expect(uefi).toContain("unit=0,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd");
  expect(uefi).toContain("unit=1,format=raw,file=uefi-variables.fd");
});

test("a machine that boots by HTTP alone is a UEFI machine without PXE", () => {
  const http = qemuArguments(plan(1, 1, "uefi-http"), "network").join(" ");
  const uefi = qemuArguments(plan(1, 1, "uefi"), "network").join(" ");
  const withoutPxe = / -fw_cfg name=opt\/org\.tianocore\/IPv[46]PXESupport,string=no/g;
  expect(http.match(withoutPxe)).toHaveLength(2);
  expect(http.replaceAll(withoutPxe, "")).toBe(uefi);
});

test("the name is the second argument, where chassis.sh looks for it", () => {
  expect(qemuArguments(plan(1, 1), "network").slice(0, 2)).toEqual(["-name", "rw-lab-1"]);
});

test("no argument holds the BMC's password", () => {
  expect(qemuArguments(plan(1, 1), "network").join(" ")).not.toContain("secret");
});
