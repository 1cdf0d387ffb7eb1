/**
 * What the worker does once it can report: the second half of its program.
 *
 * A script's output is kept from the end and bounded here, so that a machine with little memory
 * survives a script that never stops writing. Disks are wiped by means every kernel has; a disk's own
 * command is used where the image brings the tool for it.
 */
export const WORKER_JOBS_PY = String.raw`

# --- scripts ---

OUTPUT_BYTES_MAX = 256 * 1024
HEARTBEAT_SECONDS = 60


class Tail(threading.Thread):
    """Reads a pipe to its end and keeps the last bytes of it."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe, self.kept = pipe, b""
        self.start()

    def run(self):
        for chunk in iter(lambda: os.read(self.pipe.fileno(), 65536), b""):
            self.kept = (self.kept + chunk)[-OUTPUT_BYTES_MAX:]

    def bytes(self):
        self.join(5)  # a daemon that the script left behind may hold the pipe
        return self.kept


def heartbeat(what):
    def beat():
        while True:
            time.sleep(HEARTBEAT_SECONDS)
            signal("WORKING", progress=what)
    threading.Thread(target=beat, daemon=True).start()


def download(script, path):
    for attempt in range(10):
        try:
            content = urllib.request.urlopen(script["url"], timeout=60).read()
            if hashlib.sha256(content).hexdigest() != script["sha256"]:
                raise OSError("what came is not what was announced")
            with open(path, "wb") as f:
                f.write(content)
            os.chmod(path, 0o700)
            return
        except OSError as error:
            problem = error
            time.sleep(min(5, 0.2 * 2 ** attempt))
    raise OSError("the script could not be fetched: %s" % problem)


def script_signal(event, number, of, name, files=None, **fields):
    signal("WORKING", files, script_event=event, script_number=number, script_of=of,
           script_name=name, **fields)


def run_one(number, of, script):
    """Runs a script and reports it; its exit status, as the shell counts."""
    script_signal("start", number, of, script["name"])
    folder = "%s/scripts/%d" % (WORK, number)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    started, timed_out, out, err = time.monotonic(), False, b"", b""
    try:
        download(script, folder + "/script")
        process = subprocess.Popen([folder + "/script"], cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True,
                                   env=dict(os.environ, RACKWRIGHT_INVENTORY=WORK + "/inventory.json"))
        tails = Tail(process.stdout), Tail(process.stderr)
        try:
            code = process.wait(script["timeoutSeconds"])
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(process.pid, 9)
            code = process.wait()
        out, err = tails[0].bytes(), tails[1].bytes()
    except OSError as error:
        code, err = 126, str(error).encode()
    code = code if code >= 0 else 128 - code
    script_signal("end", number, of, script["name"], {"stdout": out, "stderr": err},
                  exit_status=code, timed_out="true" if timed_out else "false",
                  duration_ms=int((time.monotonic() - started) * 1000))
    return code


def run_scripts(first):
    """Runs all of them, neighbours that are parallel side by side; a sentence for each that failed."""
    scripts = [(first + i, script) for i, script in enumerate(JOB.get("scripts", []))]
    of, failed, at = first - 1 + len(scripts), [], 0
    while at < len(scripts):
        end = at + 1
        while scripts[at][1]["parallel"] and end < len(scripts) and scripts[end][1]["parallel"]:
            end += 1
        with concurrent.futures.ThreadPoolExecutor(max_workers=end - at) as pool:
            group = scripts[at:end]
            codes = list(pool.map(lambda each: run_one(each[0], of, each[1]), group))
        failed += ["%s ended with %d" % (script["name"], code)
                   for (_, script), code in zip(group, codes) if code != 0]
        at = end
    return failed


def save_inventory():
    found = inventory()
    with open(WORK + "/inventory.json", "w") as f:
        json.dump(found, f)
    return found


def enlist():
    signal("OK", with_bmc({"inventory.json": json.dumps(inventory()).encode()}))


def commission():
    of = 1 + len(JOB.get("scripts", []))
    script_signal("start", 1, of, "collect-inventory")
    started = time.monotonic()
    found = save_inventory()
    script_signal("end", 1, of, "collect-inventory", {"stdout": json.dumps(found, indent=1).encode()},
                  exit_status=0, timed_out="false",
                  duration_ms=int((time.monotonic() - started) * 1000))
    heartbeat("commissioning")
    failed = run_scripts(2)
    result = with_bmc({"inventory.json": json.dumps(found).encode()})
    if failed:
        signal("FAILED", result, error="; ".join(failed))
    else:
        signal("OK", result)


def test():
    save_inventory()
    heartbeat("testing")
    failed = run_scripts(1)
    if failed:
        signal("FAILED", error="; ".join(failed))
    else:
        signal("OK")


# --- erasing ---

MIB = 1024 * 1024
EDGE_BYTES = 4 * MIB
BLKDISCARD = 0x1277  # linux/fs.h


def zero(disk, offset, length, flush_every=1024 * MIB):
    zeros, done = bytes(4 * MIB), 0
    while done < length:
        done += os.pwrite(disk, zeros[:min(len(zeros), length - done)], offset + done)
        if done % flush_every == 0:
            os.fdatasync(disk)  # or the page cache fills with what nobody reads again
    os.fdatasync(disk)


def edges(name, size):
    """The places that tell what is on a disk: both ends of it, and of each of its partitions."""
    places = [(0, size)]
    for path in glob.glob("/sys/block/%s/%s*/start" % (name, name)):
        start = int(read(path)) * 512
        places.append((start, start + int(read(os.path.dirname(path) + "/size")) * 512))
    for start, end in places:
        yield start, min(EDGE_BYTES, end - start)
        yield max(start, end - EDGE_BYTES), min(EDGE_BYTES, end - start)


def wipe_quick(disk, name, size):
    for offset, length in list(edges(name, size)):
        zero(disk, offset, length)
    try:
        fcntl.ioctl(disk, BLKDISCARD, struct.pack("QQ", 0, size))
    except OSError:
        pass  # not every disk can forget
    check_zero(disk, [(0, EDGE_BYTES), (max(0, size - EDGE_BYTES), EDGE_BYTES)])


def wipe_full(disk, name, size):
    zero(disk, 0, size)
    check_zero(disk, [(random.randrange(0, max(1, size - MIB)) // 4096 * 4096, MIB) for _ in range(64)])


def wipe_secure(disk, name, size):
    path = "/dev/" + name
    for command in own_commands(path, name):
        print("rackwright:", " ".join(command[-1]), flush=True)
        if all(subprocess.run(part).returncode == 0 for part in command):
            return
    print("rackwright: no command of its own wiped", path, "- writing over all of it", flush=True)
    wipe_full(disk, name, size)


def own_commands(path, name):
    if name.startswith("nvme") and shutil.which("nvme"):
        yield [["nvme", "format", "--force", "--ses=1", path]]
    if name.startswith("sd") and shutil.which("hdparm"):
        yield [["hdparm", "--user-master", "u", "--security-set-pass", "rackwright", path],
               ["hdparm", "--user-master", "u", "--security-erase", "rackwright", path]]
    if shutil.which("blkdiscard"):
        yield [["blkdiscard", "--force", "--secure", path]]


def check_zero(disk, places):
    os.posix_fadvise(disk, 0, 0, os.POSIX_FADV_DONTNEED)  # what the disk holds, not the page cache
    for offset, length in places:
        if os.pread(disk, length, offset).strip(b"\0"):
            raise OSError("the disk still holds something at byte %d" % offset)


def erase_disk(found):
    disk = os.open(found["path"], os.O_RDWR | os.O_EXCL)  # refused while anything uses it
    try:
        {"quick": wipe_quick, "secure": wipe_secure, "full": wipe_full}[JOB["erase"]](
            disk, found["name"], found["bytes"])
    finally:
        os.close(disk)


def erase():
    heartbeat("erasing")
    # Nothing of the earlier owner's may hold a disk open.
    for command in (["swapoff", "-a"], ["vgchange", "-an"], ["mdadm", "--stop", "--scan"]):
        if shutil.which(command[0]):
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    targets, failed = disks(), []
    for i, found in enumerate(targets):
        step = (i + 1, len(targets), "erase %s (%s)" % (found["path"], JOB["erase"]))
        report_step(step, "start")
        try:
            erase_disk(found)
            report_step(step, "end")
        except OSError as error:
            failed.append("%s: %s" % (found["path"], error))
    if failed:
        signal("FAILED", error="; ".join(failed))
    else:
        signal("OK")


# --- installing ---

def report_step(step, event):
    signal("WORKING", step_event=event, step_number=step[0], step_of=step[1], step_name=step[2])


def install():
    heartbeat("installing")  # a step such as making the initramfs may be long and silent
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
    purpose = JOB["purpose"]
    if purpose == "install":
        if install():
            os.sync()
            subprocess.run(["systemctl", "reboot", "--force"])
    elif purpose == "rescue":
        signal("OK")  # and stay, for people to sign in
    else:
        {"enlist": enlist, "commission": commission, "test": test, "erase": erase}[purpose]()
        after = "reboot" if JOB.get("afterwards") == "local_disk" else "poweroff"
        subprocess.run(["systemctl", after, "--force"])


main()
`;
