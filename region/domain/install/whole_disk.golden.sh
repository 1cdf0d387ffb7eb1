#!/bin/sh
# Install plan of node-abc234: UEFI boot. It erases nvme0n1 and touches no other disk.
set -eu
umask 022
TARGET=/run/rackwright/target

# The kernel names disks anew at each boot; the serial, where a disk has one, says which it is.
find_disk() { # PATH BYTES SERIAL
  lsblk --bytes --nodeps --noheadings --raw --output PATH,SIZE,SERIAL |
    awk -v path="$1" -v bytes="$2" -v serial="$3" '
      $2 == bytes && (serial == "" ? $1 == path : $3 == serial) {
        count++; found = $1; if ($1 == path) same = $1 }
      END { if (same) print same; else if (count == 1) print found; else exit 1 }' || {
    echo "no disk like $1 ($2 bytes, serial ${3:-unknown}) is here: commission the machine again" >&2
    return 1
  }
}
part() { # DISK NUMBER: a name that ends in a digit (nvme0n1) has a p before the number
  case "$1" in *[0-9]) echo "$1p$2" ;; *) echo "$1$2" ;; esac
}
need() { # PROGRAM...
  for program in "$@"; do
    command -v "$program" > /dev/null || {
      echo "the system that installs has no $program: its image cannot make this storage" >&2
      return 1
    }
  done
}
let_go() ( # DEVICE: stops what is built on it, from the top down; then nothing is known of it
  sys=/sys/class/block/${1##*/}
  for above in "$sys/${1##*/}"?* "$sys"/holders/*; do
    if [ -e "$above" ]; then let_go "/dev/${above##*/}"; fi
  done
  swapoff "$1" 2> /dev/null || true
  if [ -e "$sys/md" ]; then mdadm --quiet --stop "$1"
  elif [ -e "$sys/dm" ]; then dmsetup remove --retry "$(cat "$sys/dm/name")"
  else wipefs --all --quiet "$1"; fi
)
uuid() { blkid -c /dev/null -s UUID -o value "$1"; }
fstab() { # DEVICE MOUNT_POINT TYPE OPTIONS PASS
  printf "UUID=%s %s %s %s 0 %s\n" "$(uuid "$1")" "$2" "$3" "$4" "$5" >> "$TARGET/etc/fstab"
}

echo "== step 1/6: find the disks"
need lsblk wipefs sfdisk
DISK1=$(find_disk /dev/nvme0n1 8589934592 "S-nvme0n1")

echo "== step 2/6: let go of nvme0n1"
for each in "$TARGET" /run/rackwright/efi; do
  if mountpoint -q "$each"; then umount --recursive "$each"; fi
done
if command -v mdadm > /dev/null; then
  mkdir -p /etc/mdadm && echo 'AUTO -all' > /etc/mdadm/mdadm.conf
fi
if command -v lvm > /dev/null; then
  mkdir -p /etc/lvm && echo 'global/event_activation = 0' > /etc/lvm/lvmlocal.conf
fi
let_go "$DISK1"
udevadm settle

echo "== step 3/6: write the image to nvme0n1"
need dd tee mkfifo gzip
mkdir -p /run/rackwright
rm -f /run/rackwright/hashed /run/rackwright/unpack_failed
mkfifo /run/rackwright/hashed
sha256sum < /run/rackwright/hashed | cut -d" " -f1 > /run/rackwright/sha256 &
curl --fail --silent --show-error "$RACKWRIGHT_IMAGE_URL" |
  tee /run/rackwright/hashed |
  { gzip -dc || : > /run/rackwright/unpack_failed; } |
  dd of="$DISK1" bs=4M iflag=fullblock conv=fsync status=none
wait
if [ -e /run/rackwright/unpack_failed ]; then
  echo "what arrived cannot be unpacked as dd.gz:" \
    "it is something else, or it broke off" >&2
  exit 1
fi
if [ "$(cat /run/rackwright/sha256)" != "$RACKWRIGHT_IMAGE_SHA256" ]; then
  echo "what arrived is not the image: its SHA-256 is $(cat /run/rackwright/sha256)" >&2
  exit 1
fi
if command -v sgdisk > /dev/null; then sgdisk --move-second-header "$DISK1" > /dev/null 2>&1 || true; fi
blockdev --rereadpt "$DISK1"
partx --update "$DISK1"
udevadm settle

echo "== step 4/6: find the system on the disk"
mkdir -p "$TARGET"
FOUND=
for each in $(lsblk --list --noheadings --paths --output NAME "$DISK1"); do
  mount "$each" "$TARGET" 2> /dev/null || continue
  if [ -d "$TARGET/etc/cloud" ]; then FOUND=$each; break; fi
  umount "$TARGET"
done
if [ -z "$FOUND" ]; then
  echo "no filesystem of the image has /etc/cloud: without cloud-init in it nobody could" \
    "tell when the machine is ready" >&2
  exit 1
fi

echo "== step 5/6: configure the system"
mkdir -p "$TARGET/etc/cloud/cloud.cfg.d"
echo node-abc234 > "$TARGET/etc/hostname"
printf "127.0.0.1 localhost\n127.0.1.1 node-abc234\n::1 localhost\n" > "$TARGET/etc/hosts"
: > "$TARGET/etc/machine-id"
CLOUD="$TARGET/etc/cloud/cloud.cfg.d/90_dpkg_local_cloud_config.cfg"
( umask 077; printf "%s\n" "$RACKWRIGHT_CLOUD_CONFIG" > "$CLOUD" )
NETWORK="$TARGET/etc/cloud/cloud.cfg.d/91_network.cfg"
if [ -x "$TARGET/usr/sbin/netplan" ]; then
  echo "network: {config: disabled}" > "$NETWORK"
  mkdir -p "$TARGET/etc/netplan"
  rm -f "$TARGET"/etc/netplan/*.yaml
  NETWORK="$TARGET/etc/netplan/50-rackwright.yaml"
fi
( umask 077; cat > "$NETWORK" ) <<'NETPLAN'
network:
  version: 2
  ethernets:
    boot:
      match: {macaddress: "52:54:00:00:00:01"}
      dhcp4: true
      dhcp-identifier: mac
NETPLAN
if [ -e "$TARGET/etc/selinux/config" ]; then : > "$TARGET/.autorelabel"; fi

echo "== step 6/6: unmount"
sync
umount --recursive "$TARGET"
