/**
 * What is on the machine's PCI and USB buses: the part of the worker's program that reads it from
 * sysfs.
 *
 * Names come from the image's `pci.ids` where it brings one (package pci.ids), and from the USB
 * devices themselves; both are cut, and a device that says nothing sensible is left out.
 */
export const WORKER_DEVICES_PY = String.raw`

# --- buses ---

PCI_DEVICES_MAX = 1024
USB_DEVICES_MAX = 256
SYS = "/sys"
PCI_IDS = ("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids")


def bus_id(text):
    match = re.fullmatch(r"(?:0x)?([0-9a-fA-F]{4})", text)
    return match.group(1).lower() if match else None


def label(text):
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:256] or None


def driver_of(path):
    driver = os.path.realpath(path + "/driver")
    return os.path.basename(driver)[:256] if os.path.exists(driver) else None


def pci_names(wanted):
    """Names of vendors and products, by (vendor,) and (vendor, product); pci.ids is 1.3 MB of text."""
    found, vendor = {}, None
    for path in PCI_IDS:
        try:
            with open(path, errors="replace") as f:
                for line in f:
                    if line.startswith("C "):
                        break  # classes follow, and no device any more
                    match = re.match(r"(\t?)([0-9a-f]{4})  (.+)", line)
                    if not match:
                        continue
                    if not match.group(1):
                        vendor = match.group(2)
                    key = (vendor, match.group(2)) if match.group(1) else (vendor,)
                    if key in wanted:
                        found[key] = label(match.group(3))
            return found
        except OSError:
            pass
    return found


def pci_devices():
    listed = []
    for path in sorted(glob.glob(SYS + "/bus/pci/devices/*")):
        if os.path.exists(path + "/physfn"):
            continue  # a virtual function: there may be thousands, and none is hardware
        kind, numa = read(path + "/class"), number(read(path + "/numa_node"), -1)
        device = {
            "address": os.path.basename(path)[:256],
            "vendor": bus_id(read(path + "/vendor")), "product": bus_id(read(path + "/device")),
            "class": kind[2:].lower() if re.fullmatch(r"0x[0-9a-fA-F]{6}", kind) else None,
            "driver": driver_of(path), "numaNode": numa if numa >= 0 else None,
        }
        if device["vendor"] and device["product"] and len(listed) < PCI_DEVICES_MAX:
            listed.append(device)
    keys = {(d["vendor"],) for d in listed} | {(d["vendor"], d["product"]) for d in listed}
    names = pci_names(keys)
    return [present(dict(device, vendorName=names.get((device["vendor"],)),
                         productName=names.get((device["vendor"], device["product"]))))
            for device in listed]


def usb_devices():
    found = []
    for path in sorted(glob.glob(SYS + "/bus/usb/devices/*")):
        vendor, product = bus_id(read(path + "/idVendor")), bus_id(read(path + "/idProduct"))
        # Interfaces of a device have no vendor; class 09 is a hub.
        if not vendor or not product or read(path + "/bDeviceClass") == "09":
            continue
        # The driver belongs to the device's first interface: 1-1.4 has 1-1.4:1.0.
        interfaces = sorted(glob.glob(glob.escape(path) + "/*:*"))
        found.append(present({
            "address": os.path.basename(path)[:256], "vendor": vendor, "product": product,
            "name": label(read(path + "/manufacturer") + " " + read(path + "/product")),
            "driver": driver_of(interfaces[0]) if interfaces else None,
        }))
    return found[:USB_DEVICES_MAX]
`;
