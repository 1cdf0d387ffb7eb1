/**
 * The machine's own BMC, spoken to from inside by the kernel's IPMI device: the part of the worker's
 * program that finds it and makes a user in it.
 *
 * No program is run, because the password would be on its command line. Commands by IPMI v2.0: §22.23
 * to §22.30 for channels and users, §23.2 for the address.
 */
export const WORKER_BMC_PY = String.raw`

# --- the BMC ---

IPMI_DEVICES = "/dev/ipmi0", "/dev/ipmi/0", "/dev/ipmidev/0"
IPMI_SEND_COMMAND = 0x8028690D  # linux/ipmi.h, with the sizes of a 64-bit kernel
IPMI_RECEIVE_MESSAGE = 0xC030690B
IPMI_ANSWER_SECONDS = 10
IPMI_APP, IPMI_TRANSPORT = 0x06, 0x0C
BMC_USER = "rackwright"
BMC_PASSWORD_CHARS = 16  # IPMI 1.5 knows no longer one
ADMINISTRATOR = 4


class BmcRefused(OSError):
    def __init__(self, what, code):
        super().__init__("%s: completion code %02xh" % (what, code))
        self.code = code


def ipmi(netfn, command, data=b""):
    """The answer of this machine's own BMC: the completion code, then its data."""
    device = next((path for path in IPMI_DEVICES if os.path.exists(path)), None)
    if device is None:
        raise FileNotFoundError("this system has no IPMI device")
    fd = os.open(device, os.O_RDWR)
    try:
        address = ctypes.create_string_buffer(struct.pack("@ihBx", 0x0C, 0x0F, 0), 8)
        sent = ctypes.create_string_buffer(bytes(data), max(1, len(data)))
        fcntl.ioctl(fd, IPMI_SEND_COMMAND, struct.pack(
            "@PIlBBHP", ctypes.addressof(address), 8, 1, netfn, command, len(data),
            ctypes.addressof(sent)))
        if not select.select([fd], [], [], IPMI_ANSWER_SECONDS)[0]:
            raise TimeoutError("the BMC does not answer its own machine")
        got = ctypes.create_string_buffer(512)
        request = bytearray(struct.pack("@iPIlBBHP", 0, ctypes.addressof(address), 8, 0, 0, 0, 512,
                                        ctypes.addressof(got)))
        fcntl.ioctl(fd, IPMI_RECEIVE_MESSAGE, request)
        return got.raw[:struct.unpack("@iPIlBBHP", request)[6]]
    finally:
        os.close(fd)


def bmc_ask(what, netfn, command, *data):
    answer = ipmi(netfn, command, bytes(data))
    if not answer or answer[0] != 0:
        raise BmcRefused(what, answer[0] if answer else 0xFF)
    return answer[1:]


def lan_channel():
    for channel in range(1, 12):
        try:
            if bmc_ask("get channel info", IPMI_APP, 0x42, channel)[1] & 0x7F == 4:  # 802.3 LAN
                return channel
        except BmcRefused:
            pass
    return 1


def lan_parameter(channel, number):
    return bmc_ask("read its network address", IPMI_TRANSPORT, 0x02, channel, number, 0, 0)[1:]


def bmc_address(channel):
    """Its IPv4 address and its MAC; None when it is not in a network."""
    ipv4 = ".".join(str(byte) for byte in lan_parameter(channel, 3)[:4])
    mac = ":".join("%02x" % byte for byte in lan_parameter(channel, 5)[:6])
    return None if ipv4 in ("0.0.0.0", "255.255.255.255") else (ipv4, mac)


def free_user(channel):
    """The number of our own user, or of the first that has no name; 1 is nobody's by definition."""
    last = bmc_ask("list its users", IPMI_APP, 0x44, channel, 1)[0] & 0x3F
    free = None
    for number in range(2, last + 1):
        try:
            name = bmc_ask("read a user's name", IPMI_APP, 0x46, number).rstrip(b"\0 \xff")
        except BmcRefused:
            name = b""  # so some say that there is none
        if name == BMC_USER.encode():
            return number
        if not name and free is None:
            free = number
    if free is None:
        raise OSError("all %d of its users are taken; remove one" % last)
    return free


def new_password():
    letters = "abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "-_"
    chars = [secrets.choice(kind) for kind in letters]  # some BMCs want one of each
    chars += [secrets.choice("".join(letters)) for _ in range(BMC_PASSWORD_CHARS - len(chars))]
    secrets.SystemRandom().shuffle(chars)
    return "".join(chars)


def make_bmc_user(channel):
    number, password = free_user(channel), new_password()
    bmc_ask("name a user", IPMI_APP, 0x45, number, *BMC_USER.encode().ljust(16, b"\0"))
    bmc_ask("set a user's password", IPMI_APP, 0x47, number, 2, *password.encode().ljust(16, b"\0"))
    bmc_ask("give a user its rights", IPMI_APP, 0x43, 0x80 | 0x20 | 0x10 | channel, number,
            ADMINISTRATOR, 0)
    try:
        bmc_ask("enable a user", IPMI_APP, 0x47, number, 1)
    except BmcRefused as refused:
        if refused.code != 0xC7:  # wrong length: so some want a password that counts for nothing
            raise
        bmc_ask("enable a user", IPMI_APP, 0x47, number, 1, *bytes(16))
    return password


def found_bmc():
    """What is told of the BMC with the inventory; None: there is none, or nobody wants a user."""
    if not JOB.get("makesBmcUser"):
        return None
    try:
        channel = lan_channel()
        address = bmc_address(channel)
    except OSError as error:
        print("rackwright: no BMC was found:", error, flush=True)
        return None
    if address is None:
        return None
    told = {"address": address[0], "mac": address[1]}
    try:
        return dict(told, username=BMC_USER, password=make_bmc_user(channel))
    except OSError as error:
        return dict(told, error=str(error))


def with_bmc(files):
    found = found_bmc()
    return dict(files, **{"bmc.json": json.dumps(found).encode()}) if found else files
`;
