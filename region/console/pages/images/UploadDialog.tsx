import { useRef, useState } from "preact/hooks";
import {
  BOOT_PROFILES,
  type BootProfile,
  IMAGE_FILE_ROLES,
  IMAGE_WORD,
  IMAGE_WORD_ACCEPTED,
  imageRolesFault,
} from "@/shared/machine/image_file.ts";
import { formatFault, MAGIC_BYTES } from "@/shared/machine/image_magic.ts";
import { roleOfName, type UploadRole } from "@/shared/machine/role_of_name.ts";
import { uploadText } from "../../strings/images.ts";
import { words } from "../../strings/words.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { SelectField, TextField } from "../../ui/Field.tsx";
import { formatBytes } from "../../ui/format.ts";
import { Note } from "../../ui/ProblemNote.tsx";
import { useAction } from "../../ui/use_action.ts";
import { guessImage, isForeign } from "./guess_image.ts";
import { startUpload } from "./uploads.ts";

interface Chosen {
  readonly file: File;
  /** Empty: nobody has said yet. */
  readonly role: UploadRole | "";
}

const ROLES = IMAGE_FILE_ROLES.filter((role): role is UploadRole => role !== "bootfile");
const WORDS = ["name", "os", "release"] as const;
const NUMBERS = ["minMemoryMib", "minDiskGb"] as const;
const GB = 1_000_000_000;

/** An image of one's own: what it is, and the files that make it. */
export function UploadDialog({ onClose }: { onClose: () => void }) {
  const [files, setFiles] = useState<readonly Chosen[]>([]);
  const [form, setForm] = useState({
    ...{ name: "", title: "", os: "", release: "", kernelOptions: "" },
    ...{ baseOs: "", minMemoryMib: "", minDiskGb: "", bootProfile: "maas" as BootProfile },
    architecture: "amd64" as "amd64" | "arm64",
  });
  /** Asked once: until then nobody is told what is missing. */
  const [isAsked, setAsked] = useState(false);
  const [fileFault, setFileFault] = useState<string>();
  const set = (name: keyof typeof form) => (value: string) => setForm({ ...form, [name]: value });
  const add = (chosen: readonly File[]) => {
    const all: readonly Chosen[] = [
      ...files,
      ...chosen.map((file): Chosen => ({ file, role: roleOfName(file.name) ?? "" })),
    ];
    const guess = guessImage(all.map(({ file }) => file.name));
    setFiles(all);
    setFileFault(undefined);
    setForm({
      ...form,
      os: form.os || guess.os,
      release: form.release || guess.release,
      name: form.name || [guess.os, guess.release].filter(Boolean).join("-"),
      architecture: guess.architecture || form.architecture,
    });
  };
  const isWord = (name: typeof WORDS[number]) =>
    IMAGE_WORD.test(form[name].trim()) || (name !== "name" && form[name].trim() === "");
  const fault = (name: typeof WORDS[number]) =>
    isAsked && !isWord(name) ? IMAGE_WORD_ACCEPTED : undefined;
  const numberFault = (name: typeof NUMBERS[number]) =>
    isAsked && !isNumber(form[name]) ? uploadText.noNumber : undefined;
  const isBooted = files.some(({ role }) => role === "kernel");
  const action = useAction(async () => {
    setAsked(true);
    const found = await faultOfFiles(files);
    setFileFault(found);
    const isWrong = !WORDS.every(isWord) ||
      NUMBERS.some((name) => !isNumber(form[name]));
    if (found !== undefined || isWrong) return;
    startUpload({
      image: {
        name: form.name.trim(),
        architecture: form.architecture,
        ...(form.os.trim() ? { os: form.os.trim() } : {}),
        ...(form.release.trim() ? { release: form.release.trim() } : {}),
        ...(form.title.trim() ? { title: form.title.trim() } : {}),
        ...(form.kernelOptions.trim() ? { kernelOptions: form.kernelOptions.trim() } : {}),
        ...(form.baseOs.trim() ? { baseOs: form.baseOs.trim() } : {}),
        ...(form.minMemoryMib.trim() ? { minMemoryMib: Math.ceil(Number(form.minMemoryMib)) } : {}),
        ...(form.minDiskGb.trim() ? { minDiskBytes: Math.ceil(Number(form.minDiskGb) * GB) } : {}),
        ...(isBooted ? { bootProfile: form.bootProfile } : {}),
      },
      files: files.flatMap(({ file, role }) => role === "" ? [] : [{ file, role }]),
    });
    onClose();
  });
  return (
    <Dialog
      title={uploadText.title}
      isWide
      onClose={onClose}
      onSubmit={action.run}
      foot={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button type="submit" kind="primary" isBusy={action.isBusy}>{uploadText.start}</Button>
        </>
      }
    >
      <p class="muted">{uploadText.lead}</p>
      <FilePicker onChoose={add} />
      {files.map(({ file, role }, i) => (
        <FileRow
          key={`${i} ${file.name}`}
          file={file}
          role={role}
          onRole={(next) => setFiles(files.with(i, { file, role: next }))}
          onRemove={() => setFiles(files.filter((_, at) => at !== i))}
        />
      ))}
      {fileFault ? <Note tone="bad" role="alert">{fileFault}</Note> : null}
      <div class="pair">
        <TextField
          label={uploadText.name}
          hint={uploadText.nameHint}
          value={form.name}
          fault={fault("name")}
          onInput={set("name")}
          isMono
          hasNoMemory
        />
        <TextField
          label={uploadText.imageTitle}
          hint={uploadText.imageTitleHint}
          value={form.title}
          onInput={set("title")}
          hasNoMemory
        />
      </div>
      <div class="pair">
        <TextField
          label={uploadText.os}
          hint={uploadText.osHint}
          value={form.os}
          fault={fault("os")}
          onInput={set("os")}
          placeholder="ubuntu"
          isMono
          hasNoMemory
        />
        <TextField
          label={uploadText.release}
          hint={uploadText.releaseHint}
          value={form.release}
          fault={fault("release")}
          onInput={set("release")}
          placeholder="noble"
          isMono
          hasNoMemory
        />
      </div>
      <div class="pair">
        <SelectField<"amd64" | "arm64">
          label={uploadText.architecture}
          value={form.architecture}
          options={[{ value: "amd64", label: "amd64" }, { value: "arm64", label: "arm64" }]}
          onChange={set("architecture")}
        />
        <TextField
          label={uploadText.kernelOptions}
          value={form.kernelOptions}
          onInput={set("kernelOptions")}
          isMono
          hasNoMemory
        />
      </div>
      <div class="pair">
        <TextField
          label={uploadText.minMemory}
          value={form.minMemoryMib}
          fault={numberFault("minMemoryMib")}
          onInput={set("minMemoryMib")}
          hasNoMemory
        />
        <TextField
          label={uploadText.minDisk}
          value={form.minDiskGb}
          fault={numberFault("minDiskGb")}
          onInput={set("minDiskGb")}
          hasNoMemory
        />
      </div>
      <div class="pair">
        <TextField
          label={uploadText.baseOs}
          hint={uploadText.baseOsHint}
          value={form.baseOs}
          onInput={set("baseOs")}
          placeholder="ubuntu/noble"
          isMono
          hasNoMemory
        />
        {isBooted
          ? (
            <SelectField<BootProfile>
              label={uploadText.bootProfile}
              value={form.bootProfile}
              options={BOOT_PROFILES.map((value) => ({
                value,
                label: uploadText.bootProfiles[value],
              }))}
              onChange={set("bootProfile")}
            />
          )
          : null}
      </div>
    </Dialog>
  );
}

/** Nothing at all says that nothing is needed. */
function isNumber(text: string): boolean {
  return text.trim() === "" || Number(text) > 0;
}

/** What speaks against sending them, found before hours of it. */
async function faultOfFiles(files: readonly Chosen[]): Promise<string | undefined> {
  if (files.length === 0) return uploadText.noFiles;
  for (const { file, role } of files) {
    if (isForeign(file.name)) return uploadText.foreign(file.name);
    if (role === "") return uploadText.noRole(file.name);
    if (file.size === 0) return uploadText.emptyFile(file.name);
    const head = new Uint8Array(await file.slice(0, MAGIC_BYTES).arrayBuffer());
    const fault = formatFault(role, head);
    if (fault) return `${file.name} ${fault}.`;
  }
  const fault = imageRolesFault(files.flatMap(({ role }) => role === "" ? [] : [role]));
  return fault && uploadText.rolesFault(fault);
}

function FilePicker({ onChoose }: { onChoose: (files: readonly File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  return (
    <div
      class={isOver ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onChoose([...event.dataTransfer?.files ?? []]);
      }}
    >
      <Button icon="plus" onClick={() => input.current?.click()}>{uploadText.choose}</Button>
      <span class="muted small">{uploadText.orDrop}</span>
      <input
        ref={input}
        type="file"
        multiple
        class="unseen"
        tabIndex={-1}
        aria-label={uploadText.choose}
        onChange={({ currentTarget }) => {
          onChoose([...currentTarget.files ?? []]);
          currentTarget.value = ""; // the same file again is a choice too
        }}
      />
    </div>
  );
}

function FileRow(
  { file, role, onRole, onRemove }: Chosen & {
    onRole: (role: UploadRole | "") => void;
    onRemove: () => void;
  },
) {
  return (
    <div class="file-row">
      <SelectField<UploadRole | "">
        label={uploadText.roleOf(file.name)}
        hint={formatBytes(file.size)}
        value={role}
        options={[
          { value: "", label: uploadText.chooseRole },
          ...ROLES.map((each) => ({ value: each, label: uploadText.roles[each] })),
        ]}
        onChange={onRole}
      />
      <Button
        kind="quiet"
        icon="trash"
        isSmall
        label={uploadText.removeFile(file.name)}
        onClick={onRemove}
      />
    </div>
  );
}
