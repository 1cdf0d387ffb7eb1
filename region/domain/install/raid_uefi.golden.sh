#!/bin/sh
# Install plan of node-abc234: UEFI boot. It erases nvme0n1, nvme1n1 and touches no other disk.
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

echo "== step 1/13: find the disks"
need lsblk wipefs sfdisk mkfs.vfat mkfs.ext4 mdadm
DISK1=$(find_disk /dev/nvme0n1 8589934592 "S-nvme0n1")
DISK2=$(find_disk /dev/nvme1n1 8589934592 "S-nvme1n1")
DISK1_PART1=$(part "$DISK1" 1)
DISK1_PART2=$(part "$DISK1" 2)
DISK2_PART1=$(part "$DISK2" 1)
DISK2_PART2=$(part "$DISK2" 2)

echo "== step 2/13: let go of nvme0n1, nvme1n1"
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
let_go "$DISK2"
udevadm settle

echo "== step 3/13: partition nvme0n1 (GPT)"
sfdisk --quiet --wipe always --wipe-partitions always --label gpt "$DISK1" <<'PARTITIONS'
size=512MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=nvme0n1-part1
type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=nvme0n1-part2
PARTITIONS
udevadm settle
test -b "$DISK1_PART1"
test -b "$DISK1_PART2"

echo "== step 4/13: partition nvme1n1 (GPT)"
sfdisk --quiet --wipe always --wipe-partitions always --label gpt "$DISK2" <<'PARTITIONS'
size=512MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name=nvme1n1-part1
type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=nvme1n1-part2
PARTITIONS
udevadm settle
test -b "$DISK2_PART1"
test -b "$DISK2_PART2"

echo "== step 5/13: make RAID 1 md0"
mdadm --quiet --create /dev/md/md0 --run --metadata=1.2 --homehost=any --name=md0 \
  --level=1 --raid-devices=2 \
  "$DISK1_PART2" "$DISK2_PART2"
echo 1000 > /proc/sys/dev/raid/speed_limit_max || true
udevadm settle
wipefs --all --quiet /dev/md/md0

echo "== step 6/13: make filesystems"
mkfs.vfat -F 32 -n EFI "$DISK1_PART1"
mkfs.ext4 -F -q -L root -E lazy_itable_init=1,lazy_journal_init=1 /dev/md/md0
mkfs.vfat -F 32 -n EFI "$DISK2_PART1"
udevadm settle

echo "== step 7/13: mount filesystems"
mkdir -p "$TARGET"
mount /dev/md/md0 "$TARGET"
mkdir -p "$TARGET/boot/efi"
mount "$DISK1_PART1" "$TARGET/boot/efi"

echo "== step 8/13: fetch the image"
IMAGE=/run/rackwright/image.squashfs
HAVE=$(sha256sum /run/rackwright/root.squashfs 2>/dev/null | cut -d" " -f1 || true)
if [ "$HAVE" = "$RACKWRIGHT_IMAGE_SHA256" ]; then
  IMAGE=/run/rackwright/root.squashfs
else
  curl --fail --silent --show-error --retry 10 --retry-connrefused --continue-at - \
    --output "$IMAGE" "$RACKWRIGHT_IMAGE_URL"
  echo "$RACKWRIGHT_IMAGE_SHA256  $IMAGE" | sha256sum --check --quiet
fi

echo "== step 9/13: unpack the image"
unsquashfs -quiet -no-progress -force -dest "$TARGET" "$IMAGE"

echo "== step 10/13: configure the system"
mkdir -p "$TARGET/etc/cloud/cloud.cfg.d"
: > "$TARGET/etc/fstab"
fstab /dev/md/md0 / ext4 defaults 1
fstab "$DISK1_PART1" /boot/efi vfat umask=0077 2
mkdir -p "$TARGET/etc/mdadm"
echo "HOMEHOST <ignore>" > "$TARGET/etc/mdadm/mdadm.conf"
mdadm --detail --brief /dev/md/md0 >> "$TARGET/etc/mdadm/mdadm.conf"
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

echo "== step 11/13: make the initramfs for this storage"
for program in mdadm update-initramfs; do
  chroot "$TARGET" sh -c "command -v $program" > /dev/null || {
    echo "the image has no $program: its system could not use this storage" >&2
    exit 1
  }
done
mkdir -p "$TARGET/etc/initramfs-tools/conf.d"
echo "RESUME=none" > "$TARGET/etc/initramfs-tools/conf.d/resume"
mount --bind /dev "$TARGET/dev"
mount -t proc proc "$TARGET/proc"
mount -t sysfs sysfs "$TARGET/sys"
rm -f "$TARGET"/boot/initrd.img-*
COMPRESSLEVEL=1 chroot "$TARGET" update-initramfs -c -k all
umount "$TARGET/sys" "$TARGET/proc" "$TARGET/dev"

echo "== step 12/13: install the boot loader"
grub-install --target=x86_64-efi --efi-directory="$TARGET/boot/efi" \
  --boot-directory="$TARGET/boot" --removable --no-nvram
mkdir -p /run/rackwright/efi && mount "$DISK2_PART1" /run/rackwright/efi
grub-install --target=x86_64-efi --efi-directory=/run/rackwright/efi \
  --boot-directory="$TARGET/boot" --removable --no-nvram
umount /run/rackwright/efi
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
ROOT=UUID=$(uuid /dev/md/md0)
BOOT_UUID=$(uuid /dev/md/md0)
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

echo "== step 13/13: unmount"
sync
umount --recursive "$TARGET"
