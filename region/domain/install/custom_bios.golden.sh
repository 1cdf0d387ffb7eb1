#!/bin/sh
# Install plan of node-abc234: BIOS boot. It erases sda, sdb, sdc, sdd, sde, sdf and touches no other disk.
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

echo "== step 1/17: find the disks"
need lsblk wipefs sfdisk mkfs.xfs mkfs.btrfs mkfs.ext4 mkswap mkfs.vfat mdadm pvcreate vgcreate lvcreate
DISK1=$(find_disk /dev/sda 8589934592 "S-sda")
DISK2=$(find_disk /dev/sdb 8589934592 "S-sdb")
DISK3=$(find_disk /dev/sdc 8589934592 "S-sdc")
DISK4=$(find_disk /dev/sdd 8589934592 "S-sdd")
DISK5=$(find_disk /dev/sde 8589934592 "S-sde")
DISK6=$(find_disk /dev/sdf 8589934592 "S-sdf")
DISK1_PART1=$(part "$DISK1" 1)
DISK1_PART2=$(part "$DISK1" 2)
DISK1_PART3=$(part "$DISK1" 3)
DISK1_PART4=$(part "$DISK1" 4)
DISK2_PART1=$(part "$DISK2" 1)
DISK2_PART2=$(part "$DISK2" 2)
DISK2_PART3=$(part "$DISK2" 3)
DISK2_PART4=$(part "$DISK2" 4)
DISK3_PART1=$(part "$DISK3" 1)
DISK3_PART2=$(part "$DISK3" 2)
DISK3_PART3=$(part "$DISK3" 3)
DISK3_PART4=$(part "$DISK3" 4)
DISK4_PART1=$(part "$DISK4" 1)
DISK4_PART2=$(part "$DISK4" 2)
DISK4_PART3=$(part "$DISK4" 3)
DISK4_PART4=$(part "$DISK4" 4)

echo "== step 2/17: let go of sda, sdb, sdc, sdd, sde, sdf"
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
let_go "$DISK3"
let_go "$DISK4"
let_go "$DISK5"
let_go "$DISK6"
udevadm settle

echo "== step 3/17: partition sda (GPT)"
sfdisk --quiet --wipe always --wipe-partitions always --label gpt "$DISK1" <<'PARTITIONS'
size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=sda-grub
size=512MiB, type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=sda-boot
size=1024MiB, type=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F, name=sda-swap
type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=sda-rest
PARTITIONS
udevadm settle
test -b "$DISK1_PART1"
test -b "$DISK1_PART2"
test -b "$DISK1_PART3"
test -b "$DISK1_PART4"

echo "== step 4/17: partition sdb (GPT)"
sfdisk --quiet --wipe always --wipe-partitions always --label gpt "$DISK2" <<'PARTITIONS'
size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=sdb-grub
size=512MiB, type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=sdb-boot
size=1024MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=sdb-swap
type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=sdb-rest
PARTITIONS
udevadm settle
test -b "$DISK2_PART1"
test -b "$DISK2_PART2"
test -b "$DISK2_PART3"
test -b "$DISK2_PART4"

echo "== step 5/17: partition sdc (GPT)"
sfdisk --quiet --wipe always --wipe-partitions always --label gpt "$DISK3" <<'PARTITIONS'
size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=sdc-grub
size=512MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=sdc-boot
size=1024MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=sdc-swap
type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=sdc-rest
PARTITIONS
udevadm settle
test -b "$DISK3_PART1"
test -b "$DISK3_PART2"
test -b "$DISK3_PART3"
test -b "$DISK3_PART4"

echo "== step 6/17: partition sdd (GPT)"
sfdisk --quiet --wipe always --wipe-partitions always --label gpt "$DISK4" <<'PARTITIONS'
size=1MiB, type=21686148-6449-6E6F-744E-656564454649, name=sdd-grub
size=512MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=sdd-boot
size=1024MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name=sdd-swap
type=A19D880F-05FC-4D3B-A006-743F0F84911E, name=sdd-rest
PARTITIONS
udevadm settle
test -b "$DISK4_PART1"
test -b "$DISK4_PART2"
test -b "$DISK4_PART3"
test -b "$DISK4_PART4"

echo "== step 7/17: make RAID 1 boot"
mdadm --quiet --create /dev/md/boot --run --metadata=1.2 --homehost=any --name=boot \
  --level=1 --raid-devices=2 \
  "$DISK1_PART2" "$DISK2_PART2"
echo 1000 > /proc/sys/dev/raid/speed_limit_max || true
udevadm settle
wipefs --all --quiet /dev/md/boot

echo "== step 8/17: make RAID 5 md-rest"
mdadm --quiet --create /dev/md/md-rest --run --metadata=1.2 --homehost=any --name=md-rest \
  --level=5 --raid-devices=3 --spare-devices=1 \
  "$DISK1_PART4" "$DISK2_PART4" "$DISK3_PART4" "$DISK4_PART4"
echo 1000 > /proc/sys/dev/raid/speed_limit_max || true
udevadm settle
wipefs --all --quiet /dev/md/md-rest

echo "== step 9/17: make volume group vg-0"
pvcreate -qq --force --force --yes /dev/md/md-rest
vgcreate -qq --yes vg-0 /dev/md/md-rest
lvcreate -qq --yes --wipesignatures y --extents 1024 --name root-1 vg-0
lvcreate -qq --yes --wipesignatures y --extents 100%FREE --name var vg-0
udevadm settle

echo "== step 10/17: make filesystems"
mkfs.xfs -f -q /dev/vg-0/var
mkfs.btrfs -f -q -L data "$DISK5"
mkfs.ext4 -F -q -E lazy_itable_init=1,lazy_journal_init=1 /dev/md/boot
mkswap "$DISK1_PART3"
mkfs.ext4 -F -q -E lazy_itable_init=1,lazy_journal_init=1 /dev/vg-0/root-1
mkfs.vfat -I "$DISK6"
udevadm settle

echo "== step 11/17: mount filesystems"
mkdir -p "$TARGET"
mount /dev/vg-0/root-1 "$TARGET"
mkdir -p "$TARGET/var"
mount /dev/vg-0/var "$TARGET/var"
mkdir -p "$TARGET/boot"
mount /dev/md/boot "$TARGET/boot"
mkdir -p "$TARGET/srv/data"
mount "$DISK5" "$TARGET/srv/data"
mkdir -p "$TARGET/srv/data/usb"
mount "$DISK6" "$TARGET/srv/data/usb"

echo "== step 12/17: fetch the image"
IMAGE=/run/rackwright/image.squashfs
HAVE=$(sha256sum /run/rackwright/root.squashfs 2>/dev/null | cut -d" " -f1 || true)
if [ "$HAVE" = "$RACKWRIGHT_IMAGE_SHA256" ]; then
  IMAGE=/run/rackwright/root.squashfs
else
  curl --fail --silent --show-error --retry 10 --retry-connrefused --continue-at - \
    --output "$IMAGE" "$RACKWRIGHT_IMAGE_URL"
  echo "$RACKWRIGHT_IMAGE_SHA256  $IMAGE" | sha256sum --check --quiet
fi

echo "== step 13/17: unpack the image"
unsquashfs -quiet -no-progress -force -dest "$TARGET" "$IMAGE"

echo "== step 14/17: configure the system"
mkdir -p "$TARGET/etc/cloud/cloud.cfg.d"
: > "$TARGET/etc/fstab"
fstab /dev/vg-0/root-1 / ext4 defaults 1
fstab /dev/vg-0/var /var xfs defaults 0
fstab /dev/md/boot /boot ext4 defaults 2
fstab "$DISK5" /srv/data btrfs noatime,nofail 0
fstab "$DISK6" /srv/data/usb vfat defaults 2
fstab "$DISK1_PART3" none swap sw 0
mkdir -p "$TARGET/etc/mdadm"
echo "HOMEHOST <ignore>" > "$TARGET/etc/mdadm/mdadm.conf"
mdadm --detail --brief /dev/md/boot >> "$TARGET/etc/mdadm/mdadm.conf"
mdadm --detail --brief /dev/md/md-rest >> "$TARGET/etc/mdadm/mdadm.conf"
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

echo "== step 15/17: make the initramfs for this storage"
for program in mdadm lvm btrfs update-initramfs; do
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

echo "== step 16/17: install the boot loader"
grub-install --target=i386-pc --boot-directory="$TARGET/boot" "$DISK1"
grub-install --target=i386-pc --boot-directory="$TARGET/boot" "$DISK2"
grub-install --target=i386-pc --boot-directory="$TARGET/boot" "$DISK3"
grub-install --target=i386-pc --boot-directory="$TARGET/boot" "$DISK4"
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
ROOT=/dev/mapper/vg--0-root--1
BOOT_UUID=$(uuid /dev/md/boot)
cat > "$TARGET/boot/grub/grub.cfg" <<GRUB
serial --unit=0 --speed=115200
terminal_output console serial
set timeout=1
menuentry 'Linux' {
  search --no-floppy --fs-uuid --set=root $BOOT_UUID
  linux /$KERNEL root=$ROOT ro console=tty0 console=ttyS0,115200
  initrd /$INITRD
}
GRUB

echo "== step 17/17: unmount"
sync
umount --recursive "$TARGET"
