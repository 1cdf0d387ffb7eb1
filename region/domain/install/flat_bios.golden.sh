#!/bin/sh
# Install plan of node-abc234: BIOS boot. It erases vda and touches no other disk.
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

echo "== step 1/10: find the disks"
need lsblk wipefs sfdisk mkfs.ext4
DISK1=$(find_disk /dev/vda 8589934592 "S-vda")
DISK1_PART1=$(part "$DISK1" 1)
DISK1_PART2=$(part "$DISK1" 2)

echo "== step 2/10: let go of vda"
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

echo "== step 3/10: partition vda (GPT)"
sfdisk --quiet --wipe always --wipe-partitions always --label gpt "$DISK1" <<'PARTITIONS'
size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=vda-part1
type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=vda-part2
PARTITIONS
udevadm settle
test -b "$DISK1_PART1"
test -b "$DISK1_PART2"

echo "== step 4/10: make filesystems"
mkfs.ext4 -F -q -L root -E lazy_itable_init=1,lazy_journal_init=1 "$DISK1_PART2"
udevadm settle

echo "== step 5/10: mount filesystems"
mkdir -p "$TARGET"
mount "$DISK1_PART2" "$TARGET"

echo "== step 6/10: fetch the image"
IMAGE=/run/rackwright/image.squashfs
HAVE=$(sha256sum /run/rackwright/root.squashfs 2>/dev/null | cut -d" " -f1 || true)
if [ "$HAVE" = "$RACKWRIGHT_IMAGE_SHA256" ]; then
  IMAGE=/run/rackwright/root.squashfs
else
  curl --fail --silent --show-error --retry 10 --retry-connrefused --continue-at - \
    --output "$IMAGE" "$RACKWRIGHT_IMAGE_URL"
  echo "$RACKWRIGHT_IMAGE_SHA256  $IMAGE" | sha256sum --check --quiet
fi

echo "== step 7/10: unpack the image"
unsquashfs -quiet -no-progress -force -dest "$TARGET" "$IMAGE"

echo "== step 8/10: configure the system"
mkdir -p "$TARGET/etc/cloud/cloud.cfg.d"
: > "$TARGET/etc/fstab"
fstab "$DISK1_PART2" / ext4 defaults 1
printf "growpart: {mode: 'off'}\nresize_rootfs: false\n" \
  > "$TARGET/etc/cloud/cloud.cfg.d/92_storage.cfg"
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

echo "== step 9/10: install the boot loader"
grub-install --target=i386-pc --boot-directory="$TARGET/boot" "$DISK1"
cat > "$TARGET/etc/default/grub" <<'GRUB'
GRUB_DEFAULT=0
GRUB_TIMEOUT=1
GRUB_DISTRIBUTOR=Linux
GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_DISABLE_OS_PROBER=true
GRUB
KERNEL=$(cd "$TARGET/boot" && ls | grep "^vmlinuz-" | sort -V | tail -n 1)
if [ -z "$KERNEL" ]; then echo "the image has no kernel in /boot" >&2; exit 1; fi
INITRD=
VERSION=${KERNEL#vmlinuz-}
for each in "initrd.img-$VERSION" "initramfs-$VERSION.img" "initrd-$VERSION"; do
  if [ -e "$TARGET/boot/$each" ]; then INITRD=$each; break; fi
done
if [ -z "$INITRD" ]; then echo "the image has no initramfs for $KERNEL in /boot" >&2; exit 1; fi
ROOT=UUID=$(uuid "$DISK1_PART2")
BOOT_UUID=$(uuid "$DISK1_PART2")
cat > "$TARGET/boot/grub/grub.cfg" <<GRUB
serial --unit=0 --speed=115200
terminal_output console serial
set timeout=1
menuentry 'Linux' {
  search --no-floppy --fs-uuid --set=root $BOOT_UUID
  linux /boot/$KERNEL root=$ROOT ro console=tty0 console=ttyS0,115200
  initrd /boot/$INITRD
}
GRUB

echo "== step 10/10: unmount"
sync
umount --recursive "$TARGET"
