/** A script that machines can run, wherever it is kept. */
export interface Script {
  readonly name: string;
  readonly type: "commissioning" | "testing";
  readonly description: string;
  readonly tags: readonly string[];
  readonly timeoutSeconds: number;
  readonly parallel: boolean;
  readonly source: string;
}

/** What every commissioning begins with; the agent brings it, so its source is not here. */
export const COLLECTOR_NAME = "collect-inventory";

/** Tests without a wish run what has this tag. */
export const QUICK_TAG = "quick";

const SMARTCTL_BITS_BAD = 0b1111_1000;

const CPU = `#!/usr/bin/env python3
# Every processor computes the same hash for a while; one that differs is broken.
import concurrent.futures, hashlib, os, time

SECONDS = 10

def work(cpu):
    os.sched_setaffinity(0, {cpu})
    end, rounds = time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        digest = b"rackwright"
        for _ in range(20000):
            digest = hashlib.sha256(digest).digest()
        if rounds == 0:
            first = digest
        if digest != first:
            return cpu, rounds, None
        rounds += 1
    return cpu, rounds, first.hex()

cpus = sorted(os.sched_getaffinity(0))
with concurrent.futures.ProcessPoolExecutor(len(cpus)) as pool:
    results = list(pool.map(work, cpus))
for cpu, rounds, digest in results:
    print("cpu %d: %d rounds, %s" % (cpu, rounds, digest or "WRONG"))
raise SystemExit(0 if len({digest for _, _, digest in results} | {None}) == 2
                 and all(digest for _, _, digest in results) else 1)
`;

const MEMORY = `#!/usr/bin/env python3
# Writes patterns to a part of the free memory and reads them back.
import re

MIB = 1024 * 1024
free = int(re.search(r"MemAvailable:\\s+(\\d+)", open("/proc/meminfo").read()).group(1)) // 1024
blocks = max(1, min(free // 4, 4096) // 16)
print("testing %d MiB of %d MiB available" % (blocks * 16, free))
bad = 0
for pattern in (0x00, 0xFF, 0x55, 0xAA):
    held = [bytearray([pattern]) * (16 * MIB) for _ in range(blocks)]
    for i, block in enumerate(held):
        if block.count(pattern) != len(block):
            print("block %d lost pattern %#x" % (i, pattern))
            bad += 1
    del held
raise SystemExit(1 if bad else 0)
`;

const DISK = `#!/usr/bin/env python3
# Reads a little from all over every disk, and asks the disk for its own opinion where it has one.
import glob, os, random, shutil, subprocess, time

MIB, SAMPLES, bad, seen = 1024 * 1024, 64, 0, 0
for path in sorted(glob.glob("/sys/block/*")):
    name = os.path.basename(path)
    size = int(open(path + "/size").read()) * 512
    if size == 0 or not os.path.exists(path + "/device") or name.startswith(("sr", "fd")):
        continue
    seen += 1
    disk = os.open("/dev/" + name, os.O_RDONLY)
    started = time.monotonic()
    try:
        for _ in range(SAMPLES):
            os.pread(disk, MIB, random.randrange(0, max(1, size - MIB)) // 4096 * 4096)
        seconds = max(0.001, time.monotonic() - started)
        print("%s: %d MiB, read %d samples at %.0f MiB/s" % (name, size // MIB, SAMPLES, SAMPLES / seconds))
    except OSError as error:
        print("%s: cannot be read: %s" % (name, error))
        bad += 1
    finally:
        os.close(disk)
    if shutil.which("smartctl"):
        code = subprocess.run(["smartctl", "--health", "/dev/" + name]).returncode
        # smartctl(8), EXIT STATUS: the upper bits speak of the disk, the lower ones of the question.
        bad += 1 if code & ${SMARTCTL_BITS_BAD} else 0
print("%d disks, %d with trouble" % (seen, bad))
raise SystemExit(1 if bad else 0)
`;

/** Those that need no upload. They change with the region, and cannot be changed otherwise. */
export const BUILT_IN_SCRIPTS: readonly Script[] = [
  {
    name: "cpu-quick",
    type: "testing",
    description: "Every processor computes for ten seconds, and all must agree",
    tags: [QUICK_TAG, "cpu"],
    timeoutSeconds: 300,
    parallel: false,
    source: CPU,
  },
  {
    name: "disk-quick",
    type: "testing",
    description: "Reads samples from all over every disk, and its SMART health where there is one",
    tags: [QUICK_TAG, "disk"],
    timeoutSeconds: 900,
    parallel: false,
    source: DISK,
  },
  {
    name: "memory-quick",
    type: "testing",
    description: "Writes four patterns to a quarter of the free memory, at most 4 GiB",
    tags: [QUICK_TAG, "memory"],
    timeoutSeconds: 900,
    parallel: false,
    source: MEMORY,
  },
];
