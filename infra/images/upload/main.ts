import { parseArgs } from "node:util";
import {
  BOOT_PROFILES,
  IMAGE_FILE_ROLES,
  type ImageFileRole,
} from "@/shared/machine/image_file.ts";
import { roleOfName } from "@/shared/machine/role_of_name.ts";
import { uploadImage } from "../upload_image.ts";

const GIB = 1024 ** 3;
const ROLES = IMAGE_FILE_ROLES.filter((role) => role !== "bootfile");
const USAGE = `deno task image:upload [flags] [ROLE=]FILE...: an image of your own, to a region

  ROLE is what the file is: ${ROLES.join(", ")}
  Usual names tell it: golden.tar.gz, golden.dd.gz, golden.squashfs, vmlinuz, initrd.img

  --region URL       such as https://region.example.com (or $RACKWRIGHT_REGION)
  --name NAME        the same name again makes a newer version
  --arch ARCH        amd64 (default) or arm64
  --os OS --release RELEASE    what it is offered as (default: custom and the name)
  --base OS/RELEASE  what it is made from, such as ubuntu/noble: that installs it where it is there
  --title TITLE      for people (default: the name)
  --min-memory-mib N --min-disk-gib N    machines with less are refused
  --boot-profile P   with kernel, initrd and squashfs: ${BOOT_PROFILES.join(", ")}
  --kernel-options TEXT        besides what is usual

The API key of an admin is read from $RACKWRIGHT_API_KEY. Started again after a break, it goes on
where it was. It prints the image's id.`;

function fail(message: string): never {
  console.error(`${message}\n(--help says how it is used)`);
  Deno.exit(2);
}

function readFile(text: string): { role: ImageFileRole; path: string } {
  const [, named, path = text] = /^([a-z.-]+)=(.+)$/.exec(text) ?? [];
  const role = named === undefined ? roleOfName(path) : ROLES.find((one) => one === named);
  if (role) return { role, path };
  fail(
    named === undefined
      ? `the name ${path} does not tell what it is; write ROLE=${path}, a role of ${
        ROLES.join(", ")
      }`
      : `${named} is no role; use one of ${ROLES.join(", ")}`,
  );
}

function readNumber(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return value > 0 ? value : fail(`--${flag} ${text} is no number above 0`);
}

function readFlags() {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        region: { type: "string", default: Deno.env.get("RACKWRIGHT_REGION") },
        arch: { type: "string", default: "amd64" },
        ...{ name: text, os: text, release: text, base: text, title: text },
        ...{ "min-memory-mib": text, "min-disk-gib": text },
        ...{ "boot-profile": text, "kernel-options": text },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = readFlags();
if (values.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const { region, name } = values;
const apiKey = Deno.env.get("RACKWRIGHT_API_KEY");
if (!region) fail("say which region, with --region or $RACKWRIGHT_REGION");
if (!apiKey) fail("put an admin's API key into $RACKWRIGHT_API_KEY");
if (!name) fail("give it a --name");
if (positionals.length === 0) fail("name the files of the image");
const files = positionals.map(readFile);
const gib = readNumber("min-disk-gib", values["min-disk-gib"]);
try {
  const access = { regionUrl: region.replace(/\/+$/, ""), apiKey };
  const { os, release, title } = values;
  const image = {
    ...{ name, os, release, title, files },
    architecture: values.arch,
    baseOs: values.base,
    bootProfile: values["boot-profile"],
    kernelOptions: values["kernel-options"],
    minMemoryMib: readNumber("min-memory-mib", values["min-memory-mib"]),
    minDiskBytes: gib === undefined ? undefined : Math.ceil(gib * GIB),
  };
  console.log(await uploadImage(access, image, console.error));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
