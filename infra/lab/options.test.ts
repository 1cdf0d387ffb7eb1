import { expect, test } from "vitest";
import { parseOptions, UsageError } from "./options.ts";

test("no flags mean one BIOS machine that stays up", () => {
  expect(parseOptions([])).toEqual({
    name: "lab",
    machines: 1,
    firmware: "bios",
    bmc: "ipmi",
    disks: 1,
    storage: "flat",
    region: "deno",
    until: undefined,
    keep: false,
    json: false,
    rebuildImage: false,
    help: false,
  });
});

test("every flag is read, with a space or an equals sign before its value", () => {
  const options = parseOptions([
    "--machines",
    "3",
    "--firmware=uefi",
    "--bmc",
    "redfish",
    "--storage",
    "raid5",
    "--disks=4",
    "--until",
    "released",
    "--region=workerd",
    "--name=b2",
    "--keep",
    "--json",
    "--rebuild-image",
  ]);
  expect(options).toEqual({
    name: "b2",
    machines: 3,
    firmware: "uefi",
    bmc: "redfish",
    disks: 4,
    storage: "raid5",
    until: "released",
    region: "workerd",
    keep: true,
    json: true,
    rebuildImage: true,
    help: false,
  });
});

test.each([
  [["--machines", "0"], '--machines is a number from 1 to 50, not "0"'],
  [["--machines", "51"], '--machines is a number from 1 to 50, not "51"'],
  [["--machines", "1.5"], '--machines is a number from 1 to 50, not "1.5"'],
  [["--machines", "-1"], '--machines is a number from 1 to 50, not "-1"'],
  [["--machines", ""], '--machines is a number from 1 to 50, not ""'],
  [["--machines"], "--machines needs a value"],
  [["--firmware", "coreboot"], '--firmware is one of bios, uefi, uefi-http, not "coreboot"'],
  [["--bmc", "snmp"], '--bmc is one of ipmi, redfish, not "snmp"'],
  [["--disks", "9"], '--disks is a number from 1 to 8, not "9"'],
  [["--storage", "raid1", "--disks=1"], "--storage raid1 needs 2 disks; --disks says 1"],
  [["--until", "ever"], '--until is one of enlisted, ready, deployed, released, not "ever"'],
  [["--region", "mars"], '--region is one of deno, workerd, not "mars"'],
  [["--name", "a-b"], '--name is 1 to 8 lower-case letters or digits, not "a-b"'],
  [["--name", "ninechars"], '--name is 1 to 8 lower-case letters or digits, not "ninechars"'],
  [["--json=1"], '--json takes no value, but got "1"'],
  [["--json", "--json"], "--json is given twice"],
])("%j is refused with one sentence", (args, sentence) => {
  expect(() => parseOptions(args)).toThrow(new UsageError(sentence));
});

test("a layout brings the disks that it needs", () => {
  expect(parseOptions(["--storage=raid6"]).disks).toBe(4);
});

test("an unknown flag is named, with those that exist", () => {
  expect(() => parseOptions(["--frimware", "bios"])).toThrow(
    /^"--frimware" is not a flag of the lab; it knows --machines --firmware/,
  );
});
