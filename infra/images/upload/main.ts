import { parseArgs } from "node:util";
import { IMAGE_FILE_ROLES, type ImageFileRole } from "@/shared/machine/image_file.ts";
import { uploadImage } from "../upload_image.ts";

const USAGE = `deno task image:upload [flags] ROLE=FILE...: an image of your own, to a region

  ROLE is what the file is: ${IMAGE_FILE_ROLES.filter((role) => role !== "bootfile").join(", ")}

  --region URL       such as https://region.example.com (or $RACKWRIGHT_REGION)
  --name NAME        the same name again makes a newer version
  --os OS --release RELEASE    such as ubuntu and noble
  --arch ARCH        amd64 (default) or arm64
  --title TITLE      for people (default: the name)

The API key of an admin is read from $RACKWRIGHT_API_KEY. Started again after a break, it goes on
where it was. It prints the image's id.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    region: { type: "string", default: Deno.env.get("RACKWRIGHT_REGION") },
    name: { type: "string" },
    os: { type: "string" },
    release: { type: "string" },
    arch: { type: "string", default: "amd64" },
    title: { type: "string" },
    help: { type: "boolean" },
  },
});
const apiKey = Deno.env.get("RACKWRIGHT_API_KEY");
const files = positionals.map((text) => {
  const [, role = "", path = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  return {
    role: role as ImageFileRole,
    path,
    isKnown: IMAGE_FILE_ROLES.some((one) => one === role),
  };
});
const { region, name, os, release, arch, title } = values;
const isWhole = region && name && os && release && apiKey && files.length > 0;
if (values.help || !isWhole || files.some(({ isKnown }) => !isKnown)) {
  console.error(USAGE);
  Deno.exit(values.help ? 0 : 2);
}
try {
  const image = { name, os, release, architecture: arch, title };
  const access = { regionUrl: region.replace(/\/+$/, ""), apiKey };
  const known = files.map(({ role, path }) => ({ role, path }));
  console.log(await uploadImage(access, { ...image, files: known }, console.error));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
