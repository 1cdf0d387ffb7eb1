#!/bin/sh
# Runs inside the new root, with the recipe at /recipe; leaves the results in /result.
set -eu

MASKED="apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
e2scrub_reap.service fstrim.timer man-db.timer blk-availability.service dm-event.socket \
lvm2-lvmpolld.socket lvm2-monitor.service mdadm-shutdown.service mdmonitor.service \
mdcheck_start.timer mdcheck_continue.timer mdmonitor-oneshot.timer smartmontools.service \
nvmefc-boot-connections.service nvmf-autoconnect.service systemd-pstore.service uuidd.socket \
getty@tty1.service cloud-init-hotplugd.socket systemd-binfmt.service \
proc-sys-fs-binfmt_misc.automount"

kernel=$(ls /lib/modules)
tree="/lib/modules/$kernel/kernel"
mkdir -p /result

# Prints the module files, with dependencies, that a list asks for.
resolve_modules() {
  sed 's/#.*//' "$1" | while read -r entry; do
    case "$entry" in
      "") ;;
      */) find "$tree/$entry" -name '*.ko' ;;
      *.ko) echo "$tree/$entry" ;;
      *) modprobe -S "$kernel" --show-depends --ignore-install "$entry" ;;
    esac
  done | sed -n 's/^insmod //; s/ *$//; /\.ko/p' | sort -u > /tmp/wanted
  # The folders' own dependencies, from modules.dep ("a.ko: b.ko c.ko", paths below the kernel's).
  sed "s|^/lib/modules/$kernel/||" /tmp/wanted > /tmp/relative
  awk 'NR == FNR { want[$1]; next }
       { name = $1; sub(/:$/, "", name); if (name in want) { print name; for (i = 2; i <= NF; i++) print $i } }' \
    /tmp/relative "/lib/modules/$kernel/modules.dep" | sort -u
  rm /tmp/wanted /tmp/relative
}

# make_initramfs OUTPUT LIST: busybox, the two scripts and the modules of the list.
make_initramfs() {
  folder=$(mktemp -d)
  mkdir -p "$folder/bin" "$folder/etc" "$folder/dev" "$folder/proc" "$folder/sys" "$folder/run" \
    "$folder/lib/modules/$kernel"
  cp /bin/busybox "$folder/bin/busybox"
  busybox --list | grep -v -x busybox | while read -r applet; do
    ln -s busybox "$folder/bin/$applet"
  done
  # Where the kernel looks for it.
  mkdir "$folder/sbin"
  ln -s ../bin/busybox "$folder/sbin/modprobe"
  install -m 0755 /recipe/initramfs/init "$folder/init"
  install -m 0755 /recipe/initramfs/dhcp_event "$folder/bin/dhcp_event"
  resolve_modules "$2" | (cd "/lib/modules/$kernel" && cpio -pdm --quiet "$folder/lib/modules/$kernel")
  cp "/lib/modules/$kernel/modules.order" "/lib/modules/$kernel/modules.builtin" \
    "/lib/modules/$kernel/modules.builtin.modinfo" "$folder/lib/modules/$kernel/"
  depmod -b "$folder" "$kernel"
  # No device announces these in time, so the init script loads them by name.
  sed 's/#.*//' "$2" | grep -x -E 'loop|sd_mod' > "$folder/etc/modules"
  # The kernel opens this before the init script can mount anything on /dev.
  busybox mknod -m 0600 "$folder/dev/console" c 5 1
  (cd "$folder" && find . -mindepth 1 | sort | cpio -o -H newc --quiet -R 0:0) | zstd -q -19 > "$1"
  rm -r "$folder"
}

trim_modules() {
  resolve_modules /recipe/root.modules > /tmp/kept
  for list in netboot disk; do
    resolve_modules "/recipe/initramfs/$list.modules" >> /tmp/kept
  done
  (cd "/lib/modules/$kernel" && find kernel -name '*.ko' | sort > /tmp/all)
  sort -u /tmp/kept | comm -13 - /tmp/all | sed "s|^|/lib/modules/$kernel/|" | xargs rm
  find "/lib/modules/$kernel" -type d -empty -delete
  rm /tmp/kept /tmp/all
  depmod "$kernel"
}

make_initramfs /result/boot-initrd /recipe/initramfs/netboot.modules
make_initramfs "/boot/initrd.img-$kernel" /recipe/initramfs/disk.modules
trim_modules
cp "/boot/vmlinuz-$kernel" /result/boot-kernel
rm -f /vmlinuz.old /initrd.img.old
# A kernel that is installed later gets its initramfs from the distribution's generator.
sed -i 's/^update_initramfs=.*/update_initramfs=yes/' /etc/initramfs-tools/update-initramfs.conf

# A memdisk, because a configuration embedded with -c may not use "for" and "if".
mkdir -p /tmp/memdisk
cp /recipe/grub_local_boot.cfg /tmp/memdisk/grub.cfg
tar -C /tmp/memdisk -cf /tmp/memdisk.tar grub.cfg
grub-mkimage -O x86_64-efi -o /result/local_boot.efi -m /tmp/memdisk.tar -p '(memdisk)/' \
  memdisk tar normal part_gpt part_msdos fat search search_fs_file chain echo sleep
rm -r /tmp/memdisk /tmp/memdisk.tar

cp -r /recipe/root/. /
rm -f /etc/apt/apt.conf.d/99mmdebstrap /etc/apt/sources.list.d/*
systemctl --quiet mask $MASKED
ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf

# Nothing that must differ between machines.
rm -f /etc/ssh/ssh_host_* /etc/hostname /var/lib/dbus/machine-id /etc/mdadm/mdadm.conf
: > /etc/machine-id
: > /etc/fstab
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*.log /var/log/apt
