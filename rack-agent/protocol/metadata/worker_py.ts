import type { BootKind, BootPurpose } from "@/shared/machine/boot_plan.ts";
import type { EraseWay } from "@/shared/machine/lifecycle.ts";
import { WORKER_BMC_PY } from "./worker_bmc_py.ts";
import { WORKER_DEVICES_PY } from "./worker_devices_py.ts";
import { WORKER_JOBS_PY } from "./worker_jobs_py.ts";

/**
 * The program that an ephemeral system runs as its user-data: POSIX tools and Python's standard
 * library only, so that no image needs anything of ours.
 *
 * This part finds out and reports; `worker_devices_py.ts` reads the buses, `worker_bmc_py.ts` speaks to
 * the BMC, `worker_jobs_py.ts` is what there is to do. `@JOB@` is replaced by the job, as base64 of JSON.
 */
const WORKER_PY = String.raw`#!/usr/bin/python3
# Rackwright worker: looks into the machine, tests, wipes or installs it, and reports.
import base64, concurrent.futures, ctypes, fcntl, glob, hashlib, json, os, random, re, secrets
import select, shutil, struct, subprocess, threading, time, urllib.error, urllib.parse, urllib.request, uuid

JOB = json.loads(base64.b64decode("@JOB@"))
WORK = "/run/rackwright"


def read(path, default=""):
    try:
        with open(path, errors="replace") as f:
            return f.read().strip()
    except OSError:
        return default


def output(*command):
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=60, text=True, errors="replace").stdout
    except (OSError, subprocess.SubprocessError):
        return ""


# --- inventory ---

def number(text, default=0):
    match = re.search(r"-?\d+", text or "")
    return int(match.group()) if match else default


def dmi(name):
    return read("/sys/class/dmi/id/" + name)[:256] or None


def present(pairs):
    return {key: value for key, value in pairs.items() if value is not None}


def cpu():
    text = read("/proc/cpuinfo")
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.M)
    threads = len(re.findall(r"^processor\s*:", text, re.M)) or os.cpu_count() or 0
    cores = {(read(p + "/physical_package_id"), read(p + "/core_id"))
             for p in glob.glob("/sys/devices/system/cpu/cpu[0-9]*/topology")}
    return present({"model": model.group(1)[:256] if model else None,
                    "cores": len(cores) or threads, "threads": threads})


def interfaces():
    found = []
    for path in sorted(glob.glob("/sys/class/net/*")):
        name = os.path.basename(path)
        if not os.path.exists(path + "/device"):
            continue  # bridges, bonds and lo have no device behind them
        speed = number(read(path + "/speed"), -1)
        driver = os.path.realpath(path + "/device/driver")
        found.append(present({
            "name": name, "mac": read(path + "/address"),
            "linkUp": read(path + "/carrier") == "1",
            "speedMbps": speed if speed > 0 else None,
            "driver": os.path.basename(driver) if os.path.exists(driver) else None,
        }))
    return found


def disks():
    listed = output("lsblk", "--bytes", "--json", "--nodeps",
                    "--output", "NAME,TYPE,SIZE,MODEL,SERIAL,ROTA,RO")
    try:
        devices = json.loads(listed)["blockdevices"]
    except (ValueError, KeyError):
        devices = []
    found = []
    for device in devices:
        writable = device.get("ro") in (False, "0", 0)
        if device.get("type") != "disk" or not writable or int(device.get("size") or 0) == 0:
            continue
        found.append(present({
            "name": device["name"], "path": "/dev/" + device["name"], "bytes": int(device["size"]),
            "model": (device.get("model") or "").strip()[:256] or None,
            "serial": (device.get("serial") or "").strip()[:256] or None,
            "isRotational": device.get("rota") in (True, "1", 1),
        }))
    return found


def bmc():
    if not glob.glob("/dev/ipmi*"):
        return None
    text = output("ipmitool", "lan", "print")
    address = re.search(r"^IP Address\s*:\s*([\d.]+)", text, re.M)
    if not address or address.group(1) == "0.0.0.0":
        return None
    mac = re.search(r"^MAC Address\s*:\s*(\S+)", text, re.M)
    return present({"kind": "ipmi", "address": address.group(1), "mac": mac.group(1) if mac else None})


def inventory():
    return present({
        "architecture": os.uname().machine,
        "firmware": "uefi" if os.path.isdir("/sys/firmware/efi") else "bios",
        "hostname": os.uname().nodename,
        "system": present({"manufacturer": dmi("sys_vendor"), "product": dmi("product_name"),
                           "serial": dmi("product_serial"), "uuid": dmi("product_uuid")}),
        "cpu": cpu(),
        "memoryMib": number(re.search(r"^MemTotal:.*$", read("/proc/meminfo"), re.M).group()) // 1024,
        "interfaces": interfaces(), "disks": disks(),
        "pciDevices": pci_devices(), "usbDevices": usb_devices(), "bmc": bmc(),
    })


# --- reports ---

def authorization():
    parts = {"oauth_version": "1.0", "oauth_signature_method": "PLAINTEXT",
             "oauth_consumer_key": JOB["consumerKey"], "oauth_token": JOB["tokenKey"],
             "oauth_signature": "&" + JOB["tokenSecret"],
             "oauth_nonce": uuid.uuid4().hex, "oauth_timestamp": str(int(time.time()))}
    return "OAuth " + ", ".join('%s="%s"' % (k, urllib.parse.quote(v, safe="")) for k, v in parts.items())


def signal(status, files=None, **fields):
    boundary = uuid.uuid4().hex
    body = b""
    for name, value in dict(fields, op="signal", status=status).items():
        body += ('--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
                 % (boundary, name, value)).encode()
    for name, content in (files or {}).items():
        body += ('--%s\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n'
                 'Content-Type: application/octet-stream\r\n\r\n' % (boundary, name, name)).encode()
        body += content + b"\r\n"
    body += ("--%s--\r\n" % boundary).encode()
    # The agent may be restarting: a report is worth waiting for.
    for attempt in range(60):
        request = urllib.request.Request(JOB["signalUrl"], data=body, headers={
            "Authorization": authorization(),
            "Content-Type": "multipart/form-data; boundary=" + boundary})
        try:
            urllib.request.urlopen(request, timeout=30).read()
            return True
        except urllib.error.HTTPError as error:
            print("rackwright: the report was refused:", error.code, error.read()[:200], flush=True)
            if error.code < 500:
                return False
        except OSError as error:
            print("rackwright: the report did not arrive:", error, flush=True)
        time.sleep(min(5, 0.2 * 2 ** attempt))
    return False
`;

/** What the worker is told. Credentials are the machine's own, for this operation only. */
export interface WorkerJob {
  readonly purpose: BootPurpose;
  readonly signalUrl: string;
  readonly consumerKey: string;
  readonly tokenKey: string;
  readonly tokenSecret: string;
  /** install: the plan, and what it needs to know of this site. */
  readonly script?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** commission, test: what to run. */
  readonly scripts?: readonly {
    readonly name: string;
    readonly url: string;
    readonly sha256: string;
    readonly timeoutSeconds: number;
    readonly parallel: boolean;
  }[];
  /** erase: how. */
  readonly erase?: EraseWay;
  /** enlist, commission: make a user in the machine's own BMC and tell it. */
  readonly makesBmcUser?: boolean;
  /** What the machine boots when all is done; switched off, unless it is its own disk. */
  readonly afterwards?: BootKind;
}

/** The user-data of an ephemeral system: the worker with its job. */
export function workerUserData(job: WorkerJob): string {
  const bytes = new TextEncoder().encode(JSON.stringify(job));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return WORKER_PY.replace("@JOB@", base64) + WORKER_DEVICES_PY + WORKER_BMC_PY +
    WORKER_JOBS_PY;
}
