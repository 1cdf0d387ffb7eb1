#!/bin/sh
# The chassis behind a BMC: ipmi_sim calls it in the machine's folder, as
#   chassis.sh get NAME...        and reads NAME:VALUE lines
#   chassis.sh set NAME VALUE     with power, reset, shutdown, boot
# The folder holds network.args and disk.args: QEMU's arguments for either boot order, one a line.
set -u

pid() {
  # QEMU removes the file when it ends by itself; after a kill it may name somebody else.
  pid=$(cat qemu.pid 2>/dev/null) || return 1
  grep -qzxF -e "$(sed -n 2p network.args)" "/proc/$pid/cmdline" 2>/dev/null && echo "$pid"
}

power_on() {
  pid >/dev/null && return 0
  order=network
  [ "$(cat boot 2>/dev/null)" = disk ] && order=disk
  # What it inherits from ipmi_sim, sockets above all, would outlive ipmi_sim in it.
  for fd in 3 4 5 6 7 8 9; do eval "exec $fd>&-"; done
  # xargs reads what follows from the file: no value is ever seen by a shell.
  xargs -d '\n' -a "$order.args" qemu-system-x86_64 >>qemu.log 2>&1
}

power_off() {
  pid=$(pid) || return 0
  kill -KILL "$pid"
  tries=0
  while pid >/dev/null && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
  rm -f qemu.pid
}

set_value() {
  case "$1 $2" in
    "power 1") power_on ;;
    "power 0") power_off ;;
    "reset 1") pid >/dev/null && power_off && power_on ;;
    "shutdown 1") pid >/dev/null && echo system_powerdown >monitor.in ;;
    boot\ *) echo "$2" >boot ;;
    *) : ;; # identify and the like have no hardware here
  esac
}

get_value() {
  case "$1" in
    power) pid >/dev/null && echo "power:1" || echo "power:0" ;;
    boot) echo "boot:$(cat boot 2>/dev/null || echo none)" ;;
    *) return 1 ;;
  esac
}

verb=$1
shift
case "$verb" in
  get) for name in "$@"; do get_value "$name" || exit 1; done ;;
  set)
    while [ $# -ge 2 ]; do
      set_value "$1" "$2" || exit 1
      shift 2
    done
    ;;
  *) exit 1 ;;
esac
