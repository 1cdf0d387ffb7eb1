# OpenIPMI's "VM" serial protocol, through which ipmi_sim is a machine's own BMC: the place of the
# kernel's IPMI device, for the worker's program. Port: VM_CODEC_PORT of the environment.
import socket

VM_END, VM_COMMAND, VM_ESCAPE = 0xA0, 0xA1, 0xAA
VM_VERSION, VM_CAPABILITIES = b"\xff\x01", b"\x08\x3f"
vm_socket = socket.create_connection(("127.0.0.1", int(os.environ["VM_CODEC_PORT"])))
vm_socket.settimeout(10)
vm_pending, vm_sequence = b"", 0


def vm_send(body, end):
    escaped = b"".join(bytes([VM_ESCAPE, byte | 0x10]) if byte in (VM_END, VM_COMMAND, VM_ESCAPE)
                       else bytes([byte]) for byte in body)
    vm_socket.sendall(escaped + bytes([end]))


def vm_receive():
    global vm_pending
    while True:
        end = re.search(rb"[\xa0\xa1]", vm_pending)
        if end:
            body, kind = vm_pending[:end.start()], vm_pending[end.start()]
            vm_pending = vm_pending[end.end():]
            plain = re.sub(rb"\xaa(.)", lambda m: bytes([m.group(1)[0] & ~0x10]), body, flags=re.S)
            return kind, plain
        vm_pending += vm_socket.recv(4096)


def ipmi(netfn, command, data=b""):
    global vm_sequence
    vm_sequence = (vm_sequence + 1) & 0xFF
    message = bytes([vm_sequence, netfn << 2, command]) + bytes(data)
    vm_send(message + bytes([-sum(message) & 0xFF]), VM_END)
    while True:
        kind, answer = vm_receive()
        if kind == VM_END and answer[0] == vm_sequence:
            return answer[3:-1]


vm_send(VM_VERSION, VM_COMMAND)
vm_send(VM_CAPABILITIES, VM_COMMAND)
