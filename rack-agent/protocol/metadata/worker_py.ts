/**
 * The program that an ephemeral system runs as its user-data: POSIX tools and Python's standard
 * library only, so that no image needs anything of ours.
 *
 * It collects the inventory, or runs the install plan and reports its steps, then powers the machine
 * off or restarts it. `@JOB@` is replaced by the job, as base64 of JSON.
 */
export const WORKER_PY = String.raw`#!/usr/bin/python3
# Rackwright worker: collects the inventory or installs the system, and reports.
import base64, glob, json, os, re, subprocess, sys, time, urllib.parse, urllib.request, uuid

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
        "interfaces": interfaces(), "disks": disks(), "bmc": bmc(),
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


# --- jobs ---

def collect():
    signal("WORKING", step_event="start", step_number=1, step_of=1, step_name="collect inventory")
    found = inventory()
    signal("WORKING", step_event="end", step_number=1, step_of=1, step_name="collect inventory")
    signal("OK", {"inventory.json": json.dumps(found).encode()})


def report_step(step, event):
    signal("WORKING", step_event=event, step_number=step[0], step_of=step[1], step_name=step[2])


def install():
    environment = dict(os.environ, **JOB["environment"])
    with open(WORK + "/install.sh", "w") as f:
        f.write(JOB["script"])
    process = subprocess.Popen(["/bin/sh", WORK + "/install.sh"], env=environment, text=True,
                               errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    log, step = [], None
    for line in process.stdout:
        print(line, end="", flush=True)
        log.append(line)
        match = re.match(r"== step (\d+)/(\d+): (.+)$", line.strip())
        if match:
            if step:
                report_step(step, "end")
            step = (match.group(1), match.group(2), match.group(3))
            report_step(step, "start")
    code = process.wait()
    logged = {"install.log": "".join(log)[-1000000:].encode()}
    if code == 0:
        if step:
            report_step(step, "end")
        return signal("OK", logged)
    last = [line.strip() for line in log if line.strip()][-1:] or ["no output"]
    where = "step %s/%s (%s)" % step if step else "before its first step"
    signal("FAILED", logged, error="the installation ended with code %d in %s: %s" % (code, where, last[0]))
    return False


def main():
    os.makedirs(WORK, mode=0o700, exist_ok=True)
    if JOB["purpose"] == "install":
        if install():
            os.sync()
            subprocess.run(["systemctl", "reboot", "--force"])
    else:
        collect()
        subprocess.run(["systemctl", "poweroff", "--force"])


main()
`;

/** What the worker is told. Credentials are the machine's own, for this operation only. */
export interface WorkerJob {
  readonly purpose: "enlist" | "commission" | "install";
  readonly signalUrl: string;
  readonly consumerKey: string;
  readonly tokenKey: string;
  readonly tokenSecret: string;
  /** install: the plan, and what it needs to know of this site. */
  readonly script?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The user-data of an ephemeral system: the worker with its job. */
export function workerUserData(job: WorkerJob): string {
  const bytes = new TextEncoder().encode(JSON.stringify(job));
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return WORKER_PY.replace("@JOB@", base64);
}
