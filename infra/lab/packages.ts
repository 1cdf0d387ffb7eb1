import { CommandError, run } from "./command.ts";

/** What the lab itself runs, as Debian and Ubuntu name it; the image's builder has its own list. */
export const LAB_PACKAGES: readonly string[] = [
  "iproute2", // namespace, bridge, taps
  "ipmitool", // the finger on the power button
  "ipxe-qemu", // the boot program in the network card of a BIOS machine
  "openipmi", // ipmi_sim, the BMC
  "openssh-client", // a key for signing in to what was deployed
  "ovmf", // UEFI firmware
  "qemu-system-x86", // the machine
  "util-linux", // setsid
];

/** A host that lacks something the lab cannot bring along; the message says what to do. */
export class HostError extends Error {
  override readonly name = "HostError";
}

/**
 * Sees to it that the packages are installed, by apt where this process may do so.
 *
 * Throws a HostError with the commands to run where it may not, and asks nothing of the network when
 * nothing is missing.
 */
export async function ensurePackages(
  wanted: readonly string[],
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const commands = (missing: readonly string[]) =>
    `  apt-get update\n  apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (!await hasApt()) {
    throw new HostError(
      "the lab needs Debian or Ubuntu, where it would run:\n" + commands(wanted) +
        "\nelsewhere, install the same programs and run it in a Debian container with --privileged",
    );
  }
  const missing = missingPackages(wanted, await installedPackages(wanted));
  if (Deno.uid() !== 0) {
    const install = missing.length > 0
      ? `, and these packages once:\n${commands(missing)}\n`
      : "; all packages are there. ";
    throw new HostError(
      `the lab makes network namespaces, so it needs root${install}sudo deno task lab`,
    );
  }
  if (missing.length > 0) await install(missing, log, signal);
}

/** Those of `wanted` that `dpkg-query` does not report as installed. */
export function missingPackages(wanted: readonly string[], dpkgReport: string): string[] {
  const installed = new Set(
    dpkgReport.split("\n").map((line) => line.trim().split(" "))
      .filter(([, status]) => status === "installed").map(([name]) => name),
  );
  return [...new Set(wanted)].filter((name) => !installed.has(name)).sort();
}

async function hasApt(): Promise<boolean> {
  try {
    await Deno.stat("/usr/bin/apt-get");
    return true;
  } catch {
    return false;
  }
}

async function installedPackages(wanted: readonly string[]): Promise<string> {
  // dpkg-query ends with 1 when it does not know one of them, and still reports the others.
  const { stdout } = await new Deno.Command("dpkg-query", {
    args: ["-W", "-f", "${Package} ${db:Status-Status}\\n", ...wanted],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

async function install(
  missing: readonly string[],
  log: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  // Noninteractive: no questions. A lock held by unattended upgrades is waited for.
  const env = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_MODE: "l" };
  const apt = (...args: string[]) =>
    run(["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", ...args], { env, signal });
  log(`installing ${missing.length} packages with apt: ${missing.join(" ")}`);
  try {
    await apt("update");
    await apt("install", "-y", "--no-install-recommends", ...missing);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new HostError(`apt could not install what the lab needs; ${error.message}`, {
      cause: error,
    });
  }
  log("packages installed");
}
