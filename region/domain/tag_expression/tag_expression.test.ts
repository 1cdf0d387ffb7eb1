import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DomainError } from "@/shared/errors/domain_error.ts";
import type { Inventory } from "@/shared/contract/inventory.ts";
import { matchesExpression } from "./evaluate.ts";
import { type Expression, parseTagExpression } from "./parse.ts";

const MACHINE: Inventory = {
  architecture: "x86_64",
  firmware: "uefi",
  system: { manufacturer: "Dell Inc." },
  cpu: { model: "AMD EPYC 7313 16-Core Processor", cores: 16, threads: 32 },
  memoryMib: 65_536,
  interfaces: [{ name: "eno1", mac: "52:54:00:00:00:01", linkUp: true, speedMbps: 25_000 }],
  disks: [
    { name: "sda", path: "/dev/sda", bytes: 2e12, isRotational: true },
    { name: "nvme0n1", path: "/dev/nvme0n1", bytes: 480e9, isRotational: false, model: 'P"41\\' },
  ],
  pciDevices: [{ address: "0000:3b:00.0", vendor: "10de", product: "20b5", class: "030200" }],
};
const asks = (source: string) => matchesExpression(parseTagExpression(source), MACHINE);

describe("a tag expression", () => {
  test.each([
    ['memoryMib >= 65536 and cpu.model ~ "epyc"', true],
    ["memoryMib > 65536", false],
    ['pci.any(vendor = "10de")', true],
    ['pci.any(vendor = "10de" and product = "ffff")', false],
    ['pci.none(vendor = "8086")', true],
    ['usb.any(vendor != "x")', false],
    ["disks.any(bytes >= 2TB)", true],
    ["disks.any(bytes >= 2TiB)", false],
    ["disks.any(bytes = 0.48TB)", true],
    ["disks.all(rotational)", false],
    ["disks.any(not rotational)", true],
    ["disks.count = 2 and disks.bytes > 2.4TB", true],
    ['disks.any(model = "P\\"41\\\\")', true],
    ["interfaces.any(linkUp = true and speedMbps >= 10000)", true],
    ['firmware = "bios" or firmware = "uefi"', true],
    // and binds tighter than or, not tighter than both
    ['firmware = "uefi" or cpu.cores = 1 and cpu.cores = 2', true],
    ['(firmware = "uefi" or cpu.cores = 1) and cpu.cores = 2', false],
    ['not firmware = "bios" and cpu.cores = 16', true],
    ["not not cpu.threads = 32", true],
    ['architecture !~ "ARM"', true],
    // What the machine did not say
    ['system.product = ""', false],
    ['system.product != "R6515"', false],
    ['not system.product = "R6515"', true],
    ["usb.count = 0", false],
    ['usb.all(vendor = "1")', true],
  ])("%s is %s", (source, expected) => {
    expect(asks(source)).toBe(expected);
  });

  test.each([
    ["", 1, "a name or ("],
    ["memoryMib", 10, "= != < <= > >="],
    ["memoryMib >=", 13, "a number"],
    ['memoryMib >= "64"', 14, "a number"],
    ["memoryMib ~ 64", 11, "= != < <= > >="],
    ['cpu.model > "x"', 11, "= != ~ !~"],
    ['cpu.modell = "x"', 1, "cpu.model"],
    ["constructor = 1", 1, "cpu.model"],
    ["__proto__ = 1", 1, "cpu.model"],
    ["disks.any(memoryMib > 1)", 11, "rotational"],
    ["disks.any rotational", 11, "("],
    ["disks.any(rotational", 21, ")"],
    ["disks.some(rotational)", 1, "disks.any"],
    ["disks.any(disks.any(rotational))", 11, "rotational"],
    ["(cpu.cores = 1", 15, ")"],
    ["cpu.cores = 1)", 14, "the end"],
    ["cpu.cores = 1 cpu.cores = 2", 15, "the end"],
    ["cpu.cores = 1 and", 18, "a name or ("],
    ["cpu.cores = 64GX", 13, "GiB"],
    ["cpu.cores = -1", 13, "a name, a number"],
    ['cpu.model = "open', 13, "text such as"],
    ['cpu.model = "a\\n"', 13, "text such as"],
    ["firmware = 'uefi'", 12, "text in quotes"],
    ["cpu.cores = 1;", 14, "a name, a number"],
    [`${"(".repeat(40)}cpu.cores = 1${")".repeat(40)}`, 33, "32 levels"],
    [`${"not ".repeat(40)}cpu.cores = 1`, 129, "32 levels"],
    [`cpu.cores = 1${" ".repeat(5000)}`, 4097, "4096"],
  ])("%j is refused at column %i", (source, column, accepted) => {
    const error = refusalOf(source);
    expect(error?.code).toBe("tag.bad_definition");
    expect(error?.message).toMatch(new RegExp(`^column ${column}: `));
    expect(error?.accepted).toContain(accepted);
  });

  test("never throws anything but its refusal, whatever the text, with the column inside it", () => {
    const piece = fc.constantFrom(
      ...["and", "or", "not", "(", ")", "=", "!=", "~", "<", ">=", "64", "2TB", '"x"', '"', "\\"],
      ...[
        "memoryMib",
        "cpu.model",
        "disks.any",
        "disks.count",
        "rotational",
        "pci.none",
        "true",
        ".",
      ],
    );
    const soup = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(" "));
    fc.assert(
      fc.property(fc.oneof(soup, fc.string(), fc.string({ unit: "binary" })), (source) => {
        const error = refusalOf(source);
        if (!error) {
          expect(typeof asks(source)).toBe("boolean");
          return;
        }
        const column = Number(/^column (\d+): /.exec(error.message)?.[1]);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual(source.length + 1);
      }),
      { numRuns: 5000 },
    );
  });

  test("means what its tree says, however it is written", () => {
    const leaf = fc.constantFrom(
      ...[
        "cpu.cores = 16",
        "cpu.cores = 1",
        "disks.any(rotational)",
        'firmware ~ "E"',
        "usb.count > 1",
      ],
    ).map((source): Written => ({ source, expected: asks(source) }));
    const written = fc.letrec<{ node: Written }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map((parts) => joined("and", parts)),
        fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map((parts) => joined("or", parts)),
        tie("node").map(({ source, expected }) => ({
          source: `not (${source})`,
          expected: !expected,
        })),
      ),
    })).node;
    fc.assert(fc.property(written, ({ source, expected }) => {
      expect(asks(source), source).toBe(expected);
    }));
  });

  test("keeps and, or and their parts in a flat list", () => {
    const { kind, parts } = parseTagExpression("cpu.cores=1 or cpu.cores=2 or cpu.cores=3") as
      & Expression
      & { kind: "or" };
    expect([kind, parts.length]).toEqual(["or", 3]);
  });
});

interface Written {
  readonly source: string;
  readonly expected: boolean;
}

function joined(word: "and" | "or", parts: readonly Written[]): Written {
  return {
    source: parts.map(({ source }) => `(${source})`).join(` ${word} `),
    expected: word === "and"
      ? parts.every(({ expected }) => expected)
      : parts.some(({ expected }) => expected),
  };
}

function refusalOf(source: string): DomainError | undefined {
  try {
    parseTagExpression(source);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}
