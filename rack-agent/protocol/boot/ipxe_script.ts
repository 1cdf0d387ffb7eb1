import type { StateImage } from "@/shared/contract/site_state.ts";
import { contentUrl } from "./kernel_command_line.ts";

/** Boots a kernel with `commandLine`. iPXE splits it at spaces and knows no quotes. */
export function ephemeralScript(
  input: { filesUrl: string; image: StateImage; commandLine: string; why: string },
): string {
  const { filesUrl, image } = input;
  return script([
    `echo Rackwright: ${printable(input.why)}`,
    // A UEFI kernel finds its initrd by name on the command line; a BIOS kernel ignores the token.
    `kernel ${contentUrl(filesUrl, image.kernel.sha256, "boot-kernel")} initrd=boot-initrd ${
      printable(input.commandLine)
    } || goto failed`,
    `initrd ${contentUrl(filesUrl, image.initrd.sha256, "boot-initrd")} || goto failed`,
    "boot || goto failed",
    ":failed",
    "echo Rackwright: the boot files could not be fetched or started; trying again in 10 s",
    "sleep 10",
    "reboot",
  ]);
}

/**
 * Boots the machine's own disk.
 *
 * Firmware does not always go on to the disk when a boot program returns, so the disk is started from
 * here: by iPXE itself on BIOS, on UEFI by a program that looks for the disk's own boot loader
 * (`efiProgramUrl`; without it the firmware's boot order has to do).
 */
export function localDiskScript(input: { why: string; efiProgramUrl?: string }): string {
  return script([
    `echo Rackwright: ${printable(input.why)}`,
    "iseq ${platform} efi && goto efi || goto bios",
    ":bios",
    "sanboot --no-describe --drive 0x80 || goto firmware",
    ":efi",
    ...(input.efiProgramUrl ? [`chain ${input.efiProgramUrl} || goto firmware`] : []),
    ":firmware",
    "exit 1", // UEFI firmware takes the next entry of its boot order after a failure
  ]);
}

/** Tells why nothing is booted, then gives the machine back to its firmware. */
export function nothingScript(why: string): string {
  return script([`echo Rackwright: ${printable(why)}`, "sleep 10", "exit 1"]);
}

/** Leads a boot program that was told nothing else to the script of its machine. */
export function autoexecScript(serverUrl: string): string {
  // netX is the interface that was configured last: the one that dhcp brought up.
  return script(["dhcp || exit 1", `chain ${serverUrl}/boot/\${netX/mac}/ipxe || exit 1`]);
}

function script(lines: string[]): string {
  return ["#!ipxe", ...lines].join("\n") + "\n";
}

/** iPXE reads `${…}` and line ends in a script as its own; nothing from outside may carry them. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, " ").replaceAll("${", "$ {");
}
