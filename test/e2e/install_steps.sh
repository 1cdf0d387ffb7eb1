#!/bin/bash
# What an operator does on a new host, and what the host then says; run as root by cloud-init.
# Each section begins with "== NAME"; what is between them is checked by agent_install.test.ts.
# TEST_SERVER, REGION_URL and JOIN_TOKEN stand above this line.
exec >/run/steps.log 2>&1
section() {
  echo "== $1"
  echo "step $1" >/dev/ttyS0 # where it stopped, when nothing is posted
}
unit=rackwright-agent.service
main_pid() { systemctl show -p MainPID --value $unit; }
until_answering() {
  for _ in $(seq 20); do
    rackwright-agent status --json >/run/status.json 2>/run/status.err && return 0
    sleep 2
  done
  cat /run/status.err
  journalctl -u $unit --no-pager | tail -n 20 | tee /dev/ttyS0
  systemctl list-jobs --no-pager | tee /dev/ttyS0
}

section booted
systemctl is-system-running --wait

# A rack's network: the agent's end of a cable, and a machine at the other.
ip netns add rack
ip link add lan0 type veth peer name eth0 netns rack
ip addr add 10.81.0.1/24 dev lan0
ip link set lan0 up
ip -n rack link set lo up
ip -n rack link set eth0 address 52:54:00:81:00:01 up

section install
curl -sSf -o /root/built "$TEST_SERVER/agent"
chmod 755 /root/built
/root/built install; echo "ended with $?"
rm -rf /root/built /root/.cache /var/cache/rackwright-agent

section join
export PATH=$PATH:/usr/local/bin RACKWRIGHT_JOIN_TOKEN=$JOIN_TOKEN
rackwright-agent join "$REGION_URL"; echo "ended with $?"
unset RACKWRIGHT_JOIN_TOKEN

section start
timeout 120 systemctl enable --now $unit; echo "ended with $?"
until_answering
systemctl is-active $unit
systemctl is-enabled $unit
cat /run/status.json

section rights
pid=$(main_pid)
ps -o user= -p "$pid"
grep -E '^(Cap|NoNewPrivs|Seccomp)' "/proc/$pid/status"
for path in /usr/bin /etc /home /var/lib/rackwright/agent; do
  # In its file system and as its account, but with no shell of its own.
  nsenter -t "$pid" -m setpriv --reuid=rackwright-agent --clear-groups --inh-caps=-all \
    touch "$path/written" 2>/dev/null && echo "can write $path"
done
rm -f /var/lib/rackwright/agent/written

section security
systemd-analyze security $unit --no-pager | tail -n 1

section check
rackwright-agent check

section lease
cat >/root/lease.sh <<'SCRIPT'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/24" dev "$interface"
echo "leased $ip by $serverid"
SCRIPT
chmod 755 /root/lease.sh
for _ in $(seq 30); do # the state with the network is on its way from the region
  ip netns exec rack busybox udhcpc -i eth0 -n -q -f -t 2 -T 1 -s /root/lease.sh && break
done
rackwright-agent leases

section tftp
ip netns exec rack curl -sS tftp://10.81.0.1/autoexec.ipxe

section http
ip netns exec rack curl -sS http://10.81.0.1:5248/boot/52:54:00:81:00:01/ipxe

section restart
kill -KILL "$(main_pid)"
for _ in $(seq 100); do [ "$(main_pid)" != "$pid" ] && [ "$(main_pid)" != 0 ] && break; sleep 0.2; done
until_answering
systemctl is-active $unit
rackwright-agent leases

section journal
journalctl -u $unit --no-pager -o cat | tail -n 40

section uninstall
rackwright-agent uninstall --purge; echo "ended with $?"
for path in /usr/local/bin/rackwright-agent /usr/lib/rackwright-agent /var/lib/rackwright/agent \
  /var/lib/rackwright /var/cache/rackwright-agent /etc/systemd/system/$unit \
  /etc/systemd/system/multi-user.target.wants/$unit; do
  [ -e "$path" ] && echo "left $path"
done
id rackwright-agent >/dev/null 2>&1 && echo "left the account"
pgrep -a deno && echo "left a process"
systemctl status $unit >/dev/null 2>&1; echo "systemctl status ended with $?"

section end
sync
curl -sS --data-binary @/run/steps.log "$TEST_SERVER/steps"
poweroff
